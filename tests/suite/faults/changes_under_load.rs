//! The tables change while people work: 32 clients read and write, and a field is added, renamed, given another type, made
//! required, computed in another way, made unique, retired and brought back.
//!
//! Every writer keeps a journal of what was acknowledged. At the end each acknowledged write is there with its values, every
//! list was one revision's, no request failed but by a rule, and `kontor verify` is clean. One server process on SQLite, two on
//! PostgreSQL, asked over sockets. `KONTOR_ROWS` says how many records there are before (a thousand otherwise); the slowest
//! write is printed (`--no-capture`).
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use kontor_storage::Dialect;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Map, Value as Json, json};

use crate::harness::{
    both_databases,
    database::Database,
    instance::{Instance, folder},
    node::{Address, Node, Person, Reply},
};

both_databases!(nothing_is_lost_while_tables_change);

const WRITERS: u64 = 24;
const READERS: u64 = 8;
/// Records in one batch.
const BATCH: usize = 1_000;
/// Writes that must be acknowledged between two changes.
const BETWEEN: u64 = 60;
/// How often a wait for writes looks whether a client has stopped.
const PATIENCE: Duration = Duration::from_millis(200);

fn nothing_is_lost_while_tables_change(database: &Database) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/depot"));
    instance.add_person("keeper", "depot.keeper");
    drop(instance);
    let processes = if database.dialect() == Dialect::Postgres { 2 } else { 1 };
    let running: Vec<Node> = (0..processes).map(|_| Node::start(database)).collect();
    let nodes: Vec<Address> = running.iter().map(Node::at).collect();
    let admin = Client { node: nodes[0], person: nodes[0].signed_in("admin") };
    let keeper = Client { node: nodes[0], person: nodes[0].signed_in("keeper") };
    let place = keeper.post("/api/records/place", &json!({"name": "A"})).expect(201).id();
    fill(&keeper, &place);

    let load = Load { place, ..Load::default() };
    load.shapes.lock().unwrap().insert(shape(&admin));
    let journals: Vec<Journal> = thread::scope(|scope| {
        let stops = Stops(&load.done);
        let client = |index: u64| Client { node: nodes[usize::try_from(index).unwrap() % nodes.len()], ..keeper.clone() };
        let writers: Vec<_> = (0..WRITERS)
            .map(|seed| {
                let (load, client) = (&load, client(seed));
                scope.spawn(move || load.write(&client, seed))
            })
            .collect();
        let readers: Vec<_> = (0..READERS)
            .map(|seed| {
                let (load, client) = (&load, client(seed));
                scope.spawn(move || load.read(&client, seed))
            })
            .collect();
        change_everything(&admin, &load);
        drop(stops);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });

    let stock = admin.get(&format!("/api/records/place/{}", load.place)).expect(200).body["stock"].as_i64();
    let found = everything(&admin);
    let mut acknowledged = 0;
    for (id, record) in journals.into_iter().flat_map(|journal| journal.records) {
        acknowledged += 1;
        let stored = found.get(&id).unwrap_or_else(|| panic!("{id} was acknowledged and is not there"));
        for (field, value) in record {
            assert_eq!(stored[&field], value, "{field} of {stored}");
        }
    }
    assert!(acknowledged > 7 * BETWEEN, "{acknowledged} records");
    let sum: i64 = found.values().map(|item| item["quantity"].as_i64().unwrap()).sum();
    assert_eq!(stock, Some(sum), "the roll-up followed every write");
    assert!(load.lists.load(Ordering::SeqCst) > 10);
    drop(running);
    Instance::again(database).assert_whole("after changes under load");
    let slowest = Duration::from_micros(load.slowest.load(Ordering::SeqCst));
    let busy = load.busy.load(Ordering::SeqCst);
    #[expect(clippy::print_stdout, reason = "figures for whoever runs it with --no-capture")]
    {
        println!(
            "{acknowledged} of {} records acknowledged during 8 publishes, slowest write {slowest:?}, busy {busy}",
            found.len()
        );
    }
}

/// A person at one of the servers.
#[derive(Clone)]
struct Client {
    node: Address,
    person: Person,
}

impl Client {
    fn get(&self, path: &str) -> Reply {
        self.node.ask(&self.person, &format!("GET {path}"), None).unwrap()
    }
    fn post(&self, path: &str, body: &Json) -> Reply {
        self.node.ask(&self.person, &format!("POST {path}"), Some(body)).unwrap()
    }
    fn patch(&self, path: &str, body: &Json) -> Reply {
        self.node.ask(&self.person, &format!("PATCH {path}"), Some(body)).unwrap()
    }
    fn put(&self, path: &str, body: &Json) -> Reply {
        self.node.ask(&self.person, &format!("PUT {path}"), Some(body)).unwrap()
    }
}

/// Ends the work of all when it is done or one of them fails.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Records in bulk: every tenth has no kind.
fn fill(keeper: &Client, place: &str) {
    let rows = std::env::var("KONTOR_ROWS").map_or(BATCH, |rows| rows.parse().expect("a number of rows"));
    let item = |index: usize| {
        let kind = (!index.is_multiple_of(10)).then(|| ["raw", "good", "waste"][index % 3]);
        json!({"code": format!("R{index}"), "place": place, "kind": kind, "qty": 1, "note": "first"})
    };
    for start in (0..rows).step_by(BATCH) {
        let items: Vec<Json> = (start..start + BATCH).map(item).collect();
        keeper.post("/api/records/item/batch", &json!({"create": items})).expect(200);
    }
}

/// The changes, one publish after the other, each after some more writes.
fn change_everything(admin: &Client, load: &Load) {
    let title = json!({"zh-CN": "新", "en": "New"});
    load.publish(admin, |fields, _| fields.push(json!({"id": "it3mregn", "name": "region", "title": title, "type": "text"})));
    // What reads it by its name changes with it, in the same publish.
    let place = admin.get("/api/draft/depot/entity/place").expect(200).body;
    let renamed = place.to_string().replace("\"qty\"", "\"quantity\"");
    admin.put("/api/draft/depot/entity/place", &serde_json::from_str(&renamed).unwrap()).expect(200);
    load.publish(admin, |fields, _| {
        field(fields, "qty")["name"] = json!("quantity");
        field(fields, "twice")["expression"] = json!("quantity * 2");
    });
    load.publish(admin, |fields, _| {
        let option = |id: &str, name: &str| json!({"id": id, "name": name, "title": {"zh-CN": name, "en": name}});
        field(fields, "kind")["type"] = json!("choice");
        field(fields, "kind")["options"] =
            json!([option("0pt0raw0", "raw"), option("0pt0good", "good"), option("0pt0wast", "waste")]);
    });
    load.publish(admin, |fields, _| {
        field(fields, "region")["required"] = json!(true);
        field(fields, "region")["default"] = json!("\"north\"");
    });
    load.publish(admin, |fields, _| field(fields, "twice")["expression"] = json!("quantity * 2 + 1"));
    let with_note = load.publish(admin, |_, entity| drop(entity.insert("unique".to_owned(), json!([["code"]]))));
    load.publish(admin, |fields, _| fields.retain(|field| field["name"] != "note"));
    load.wait();
    let restored = admin.post(&format!("/api/revisions/{with_note}/restore"), &json!({"message": "note is back"}));
    assert!(load.live(admin, restored) > with_note);
    load.wait();
}

fn field<'f>(fields: &'f mut [Json], name: &str) -> &'f mut Json {
    fields.iter_mut().find(|field| field["name"] == name).unwrap()
}

/// The keys that records of the live revision have in lists.
fn shape(admin: &Client) -> BTreeSet<String> {
    keys(&admin.get("/api/records/item?limit=1").expect(200).body["items"][0])
}

fn keys(item: &Json) -> BTreeSet<String> {
    item.as_object().unwrap().keys().cloned().collect()
}

/// What the formula of an item adds to twice its quantity: 0 until a publish changes it to 1.
fn added(item: &Json) -> i64 {
    let quantity = item.get("quantity").or_else(|| item.get("qty")).and_then(Json::as_i64).unwrap();
    item["twice"].as_i64().unwrap() - 2 * quantity
}

/// Every item by id.
fn everything(admin: &Client) -> BTreeMap<String, Json> {
    let (mut found, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/records/item?limit=1000{cursor}")).expect(200).body;
        for item in page["items"].as_array().unwrap() {
            found.insert(item["id"].as_str().unwrap().to_owned(), item.clone());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// What one client was told is stored: the values of its records by the names of the last revision.
#[derive(Default)]
struct Journal {
    records: BTreeMap<String, Map<String, Json>>,
}

/// What the clients share.
#[derive(Default)]
struct Load {
    place: String,
    done: AtomicBool,
    /// Acknowledged writes.
    writes: Mutex<u64>,
    written: Condvar,
    lists: AtomicU64,
    slowest: AtomicU64,
    /// Writes that waited too long for a lock and were sent again.
    busy: AtomicU64,
    /// The sets of fields that records have had.
    shapes: Mutex<BTreeSet<BTreeSet<String>>>,
}

impl Load {
    /// Waits for more acknowledged writes.
    fn wait(&self) {
        let mut writes = self.writes.lock().unwrap();
        let enough = *writes + BETWEEN;
        while *writes < enough {
            assert!(!self.done.load(Ordering::SeqCst), "a client stopped");
            writes = self.written.wait_timeout(writes, PATIENCE).unwrap().0;
        }
    }

    /// Changes the entity and publishes it; the revision.
    fn publish(&self, admin: &Client, change: impl FnOnce(&mut Vec<Json>, &mut Map<String, Json>)) -> u64 {
        self.wait();
        let path = "/api/draft/depot/entity/item";
        let mut document = admin.get(path).expect(200).body;
        let mut fields = document["fields"].as_array().unwrap().clone();
        change(&mut fields, document.as_object_mut().unwrap());
        document["fields"] = json!(fields);
        admin.put(path, &document).expect(200);
        let published = admin.post("/api/draft/publish", &json!({"message": "under load"}));
        self.live(admin, published)
    }

    /// The revision that went live, which may take longer than the request waits for it.
    fn live(&self, admin: &Client, answer: Reply) -> u64 {
        let revision = if answer.status == 202 {
            loop {
                let publish = admin.get("/api/draft/publish").expect(200).body["publishing"].take();
                match publish["phase"].as_str() {
                    Some("filling") => self.wait(),
                    Some("finishing" | "done") => break publish["revision"].as_u64(),
                    _ => panic!("{publish}"),
                }
            }
        } else {
            answer.expect(200).body["revision"].as_u64()
        };
        self.shapes.lock().unwrap().insert(shape(admin));
        revision.unwrap()
    }

    fn write(&self, keeper: &Client, seed: u64) -> Journal {
        let mut random = StdRng::seed_from_u64(seed);
        let mut journal = Journal::default();
        let _stops = Stops(&self.done);
        let mut names = Names::default();
        for number in 0_u64.. {
            if self.done.load(Ordering::SeqCst) {
                break;
            }
            let known: Vec<&String> = journal.records.keys().collect();
            let id =
                (!known.is_empty() && random.random_range(0..3) == 0).then(|| known[random.random_range(0..known.len())].clone());
            let mut values = Map::new();
            values.insert("quantity".to_owned(), json!(random.random_range(1..100)));
            values.insert("kind".to_owned(), json!(["raw", "good", "waste"][random.random_range(0..3)]));
            values.insert("note".to_owned(), json!(format!("w{seed}.{number}")));
            if id.is_none() {
                values.insert("code".to_owned(), json!(format!("W{seed}-{number}")));
                values.insert("place".to_owned(), json!(self.place));
            }
            let (id, stored) = self.send(keeper, id.as_deref(), values, &mut names);
            journal.records.entry(id).or_default().extend(stored);
            *self.writes.lock().unwrap() += 1;
            self.written.notify_all();
        }
        journal
    }

    /// Writes with the names of the live revision, which the client learns from what is refused; what was stored.
    fn send(
        &self,
        keeper: &Client,
        id: Option<&str>,
        values: Map<String, Json>,
        names: &mut Names,
    ) -> (String, Map<String, Json>) {
        loop {
            let body = Json::Object(names.of(&values));
            let started = Instant::now();
            let answer = match id {
                None => keeper.post("/api/records/item", &body),
                Some(id) => keeper.patch(&format!("/api/records/item/{id}"), &body),
            };
            self.slowest.fetch_max(u64::try_from(started.elapsed().as_micros()).unwrap(), Ordering::SeqCst);
            if answer.body["code"] == "busy" {
                self.busy.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            if matches!(answer.status, 200 | 201) {
                let stored = values.into_iter().filter(|(name, _)| name != "note" || names.note).collect();
                return (answer.id(), stored);
            }
            assert!(names.learn(&answer), "{body}: {} {}", answer.status, answer.body);
        }
    }

    /// Reads pages; the records of one answer are all of one revision.
    fn read(&self, keeper: &Client, seed: u64) {
        let mut random = StdRng::seed_from_u64(1_000 + seed);
        let mut seen = BTreeSet::new();
        let _stops = Stops(&self.done);
        while !self.done.load(Ordering::SeqCst) {
            let sort = ["code", "-code", "id", "-kind"][random.random_range(0..4)];
            let page = keeper.get(&format!("/api/records/item?limit=50&sort={sort}")).expect(200).body;
            let shapes: BTreeSet<BTreeSet<String>> = page["items"].as_array().unwrap().iter().map(keys).collect();
            assert_eq!(shapes.len(), 1, "an answer of two revisions: {shapes:?}");
            let formulas: BTreeSet<i64> = page["items"].as_array().unwrap().iter().map(added).collect();
            assert_eq!(formulas.len(), 1, "an answer computed in two ways: {formulas:?}");
            seen.extend(shapes);
            self.lists.fetch_add(1, Ordering::SeqCst);
        }
        let known = self.shapes.lock().unwrap();
        assert!(seen.is_subset(&known), "{seen:?} are not all among {known:?}");
    }
}

/// What a client believes the fields are called.
struct Names {
    quantity: &'static str,
    note: bool,
}

impl Default for Names {
    fn default() -> Self {
        Self { quantity: "qty", note: true }
    }
}

impl Names {
    fn of(&self, values: &Map<String, Json>) -> Map<String, Json> {
        let known = values.iter().filter(|(name, _)| *name != "note" || self.note);
        known.map(|(name, value)| (if name == "quantity" { self.quantity } else { name }.to_owned(), value.clone())).collect()
    }

    /// Takes the other name of a field that the answer does not know; whether that was all that was wrong.
    fn learn(&mut self, answer: &Reply) -> bool {
        let refused = matches!(answer.status, 400 | 422);
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        for error in &errors {
            match (error["pointer"].as_str().unwrap_or_default(), error["code"].as_str().unwrap_or_default()) {
                ("/qty", "unknown_property") | ("/quantity", "required") => self.quantity = "quantity",
                ("/quantity", "unknown_property") | ("/qty", "required") => self.quantity = "qty",
                ("/note", "unknown_property") => self.note = false,
                _ => return false,
            }
        }
        refused && !errors.is_empty()
    }
}
