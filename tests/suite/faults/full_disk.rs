//! The disk of a server on SQLite is full while people write, publish and read: they are told, nothing is half done, what was
//! acknowledged stays, and service goes on by itself when there is room again.
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, TryRecvError, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

use crate::harness::{
    database::Database,
    faults::Faults,
    instance::{Instance, folder},
    node::{Address, Node, Person, Reply, SERVE},
    program,
};

/// Bytes that can still be written, from which the disk is full in the middle of this or that.
const ROOMS: [u64; 8] = [0, 1, 24, 4_120, 9_999, 33_000, 70_001, 150_000];

/// A server with the app `shop`, whose disk can be filled.
pub(super) struct Filled {
    pub(super) database: Database,
    pub(super) faults: Faults,
    pub(super) node: Node,
    /// The file of the tenant `test`.
    pub(super) file: PathBuf,
}

impl Filled {
    /// With the tenants `test` and `second`, each with the app and the administrator `admin`; in `test` there is `boss`.
    pub(super) fn with(app: &str, role: &str) -> Self {
        let database = Database::sqlite();
        let instance = Instance::new(&database);
        instance.install(&folder(app));
        instance.add_person("boss", role);
        instance.add_tenant("second", "Second");
        let file = database.config().data.join("tenants").join(format!("{}.sqlite", instance.tenant().id()));
        drop(instance);
        let faults = Faults::new();
        let node = Node::of(faults.loaded(program::kontor(&database, &SERVE)));
        Self { database, faults, node, file }
    }

    pub(super) fn shop() -> Self {
        Self::with("tests/cases/records/shop", "shop.boss")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.database.config().data
    }

    /// The process lives, and everything that is stored holds.
    pub(super) fn assert_whole(&mut self) {
        assert!(self.node.is_alive(), "the process is gone");
        program::run(&mut program::kontor(&self.database, &["verify"])).expect(0);
    }
}

/// A refusal for want of room, in both languages and with a way out.
pub(super) fn assert_told(reply: &Reply) {
    assert_eq!((reply.status, &reply.body["code"]), (507, &json!("disk_full")), "{}", reply.body);
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.contains("room") || detail.contains("空间"), "{detail}");
    let text = reply.body.to_string();
    assert!(!["sqlite", "SQL", "tmp", "INSERT"].iter().any(|word| text.contains(word)), "{text}");
}

fn order(customer: &str, product: &str) -> Json {
    json!({"customer": customer, "lines": [
        {"product": product, "qty": "1", "price": "1"},
        {"product": product, "qty": "2", "price": "2"},
    ]})
}

/// A batch of a hundred customers.
fn customers(page: usize) -> Json {
    let customers: Vec<Json> = (0..100).map(|n| json!({"code": format!("{page}-{n}"), "name": "N"})).collect();
    json!({"create": customers})
}

struct Shop {
    at: Address,
    boss: Person,
    customer: String,
    order: Json,
}

impl Shop {
    fn open(at: Address) -> Self {
        let boss = at.signed_in("boss");
        let made = |path: &str, body: &Json| at.ask(&boss, path, Some(body)).unwrap().expect(201).id();
        let customer = made("POST /api/records/shop.customer", &json!({"code": "C", "name": "C"}));
        let product = made("POST /api/records/shop.product", &json!({"name": "P", "price": "1"}));
        let order = order(&customer, &product);
        Self { at, boss, customer, order }
    }

    fn write(&self) -> Reply {
        self.at.ask(&self.boss, "POST /api/records/shop.order", Some(&self.order)).unwrap()
    }

    /// The orders that are there are those that were acknowledged, and the customer sums them up.
    fn assert_kept(&self, kept: &BTreeSet<String>) {
        let get = |path: &str| self.at.ask(&self.boss, path, None).unwrap().expect(200).body;
        for id in kept {
            let lines = get(&format!("GET /api/records/shop.order/{id}"))["lines"].clone();
            assert_eq!(lines.as_array().unwrap().len(), 2);
        }
        assert_eq!(get("GET /api/records/shop.order?count=true&limit=1")["count"], kept.len());
        assert_eq!(get(&format!("GET /api/records/shop.customer/{}", self.customer))["order_count"], kept.len());
    }
}

/// Writes until the sender is gone; answers what was acknowledged.
fn writes(shop: &Shop, refusals: &Sender<()>, end: &Receiver<()>) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    while end.try_recv() != Err(TryRecvError::Disconnected) {
        let reply = shop.write();
        if reply.status == 201 {
            kept.insert(reply.id());
        } else {
            assert_told(&reply);
            // Nobody counts any more at the end.
            let _counted = refusals.send(());
        }
    }
    kept
}

#[test]
fn writers_are_told_that_the_disk_is_full_and_go_on_when_there_is_room() {
    let mut filled = Filled::shop();
    let at = filled.node.at();
    let shop = Shop::open(at);
    let second = at.signed_in_to("second", "admin");
    let kept: BTreeSet<String> = thread::scope(|scope| {
        let (refusals, refused) = channel();
        let mut ends = Vec::new();
        let mut writers = Vec::new();
        for _writer in 0..4 {
            let (end, ending) = channel::<()>();
            ends.push(end);
            let (shop, refusals) = (&shop, refusals.clone());
            writers.push(scope.spawn(move || writes(shop, &refusals, &ending)));
        }
        for room in ROOMS {
            // Another company's file is on the same disk but has room: a quota of its own.
            filled.faults.fill(&filled.file, room);
            (0..6).for_each(|_refusal| refused.recv().unwrap());
            let department = json!({"name": format!("D{room}")});
            at.ask(&second, "POST /api/records/base.department", Some(&department)).unwrap().expect(201);
            filled.faults.fill(&filled.data(), 0);
            (0..6).for_each(|_refusal| refused.recv().unwrap());
            at.ask(&shop.boss, "GET /api/records/shop.order?limit=5", None).unwrap().expect(200);
            at.ask(&second, "GET /api/records/base.user", None).unwrap().expect(200);
            at.ask(&shop.boss, "GET /readyz", None).unwrap().expect(200);
            filled.faults.end();
        }
        drop(ends);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert!(!kept.is_empty());
    shop.assert_kept(&kept);
    filled.faults.fill(&filled.data(), 0);
    let chinese = at.ask(&shop.boss.reading("zh-CN"), "POST /api/records/shop.order", Some(&shop.order)).unwrap();
    assert_told(&chinese);
    assert_eq!(chinese.body["title"], "磁盘空间已满");
    let credentials = json!({"email": "boss@test.kontor", "password": "kontor-test", "tenant": "test"});
    assert_told(&at.ask(&shop.boss, "POST /api/session", Some(&credentials)).unwrap());
    filled.faults.end();
    shop.write().expect(201);
    filled.assert_whole();
}

#[test]
fn a_quota_and_a_broken_disk_are_told_too() {
    let mut filled = Filled::shop();
    let shop = Shop::open(filled.node.at());
    let mut kept = BTreeSet::new();
    filled.faults.set(&format!("EDQUOT write,create 0 {}", filled.data().display()));
    assert_told(&shop.write());
    filled.faults.end();
    kept.insert(shop.write().expect(201).id());
    filled.faults.set(&format!("EIO write,create 0 {}", filled.data().display()));
    let broken = shop.write();
    assert_eq!((broken.status, &broken.body["code"]), (503, &json!("unavailable")), "{}", broken.body);
    filled.faults.end();
    kept.insert(shop.write().expect(201).id());
    shop.assert_kept(&kept);
    filled.assert_whole();
}

/// The log of the database takes what the database itself has no room for; then the log has no room either.
#[test]
fn a_database_that_cannot_take_its_log_in_loses_nothing() {
    let mut filled = Filled::shop();
    let shop = Shop::open(filled.node.at());
    let (file, log) = (filled.file.display().to_string(), format!("{}-wal", filled.file.display()));
    let size = || std::fs::metadata(&filled.file).unwrap().len();
    let before = size();
    // Rules are read from the top: the log has room for some thousand pages.
    filled.faults.set(&format!("ENOSPC write 12000000 {log}\nENOSPC write,extend 0 {file}"));
    let mut kept = BTreeSet::new();
    let refused = loop {
        let reply = shop.write();
        if reply.status != 201 {
            break reply;
        }
        kept.insert(reply.id());
        let batch = shop.at.ask(&shop.boss, "POST /api/records/shop.customer/batch", Some(&customers(kept.len()))).unwrap();
        if batch.status != 200 {
            break batch;
        }
    };
    assert_told(&refused);
    assert_eq!(size(), before, "nothing went into the database");
    assert!(std::fs::metadata(&log).unwrap().len() > 8_000_000);
    shop.assert_kept(&kept);
    filled.faults.end();
    kept.insert(shop.write().expect(201).id());
    assert!(size() > before, "the log was taken in");
    shop.assert_kept(&kept);
    filled.assert_whole();
}

#[test]
fn a_publish_without_room_leaves_the_revision_before() {
    let mut filled = Filled::shop();
    let at = filled.node.at();
    let shop = Shop::open(at);
    let admin = at.signed_in("admin");
    // More rows than one transaction fills.
    for page in 0..4 {
        at.ask(&shop.boss, "POST /api/records/shop.customer/batch", Some(&customers(page))).unwrap().expect(200);
    }
    let live = || at.ask(&admin, "GET /api/definitions", None).unwrap().expect(200).body["revision"].clone();
    let before = live();
    let mut document = at.ask(&admin, "GET /api/draft/shop/entity/customer", None).unwrap().expect(200).body;
    let title = json!({"zh-CN": "简称", "en": "Short"});
    let short = json!({"name": "short", "title": title, "type": "formula", "returns": "money", "currency": "CNY", "expression": "(limit ?? 0) + 7"});
    document["fields"].as_array_mut().unwrap().push(short);
    at.ask(&admin, "PUT /api/draft/shop/entity/customer", Some(&document)).unwrap().expect(200);
    let publish = || at.ask(&admin, "POST /api/draft/publish", Some(&json!({"message": "short"}))).unwrap();
    for room in [0, 3_000, 20_000, 60_000, 120_000, 250_000] {
        filled.faults.fill(&filled.file, room);
        let reply = publish();
        filled.faults.end();
        assert_told(&reply);
        assert_eq!(live(), before, "with room for {room} bytes");
        shop.write().expect(201);
    }
    // What was begun is given up as soon as there is room, and the reason is kept.
    let since = Instant::now();
    let last = loop {
        let last = at.ask(&admin, "GET /api/draft/publish", None).unwrap().expect(200).body["publishing"].clone();
        if last["phase"] == "failed" {
            break last;
        }
        assert!(since.elapsed() < Duration::from_secs(10), "{last}");
    };
    assert_eq!(last["problem"]["code"], "disk_full", "{last}");
    assert!(last["problem"]["message"].as_str().unwrap().contains("make room"), "{last}");
    let revision = publish().expect(200).body["revision"].clone();
    assert_eq!(live(), revision);
    let one = at.ask(&shop.boss, "GET /api/records/shop.customer?filter=code%20%3D%3D%20%220-7%22", None).unwrap().expect(200);
    assert_eq!(one.body["items"][0]["short"], "7.00", "{}", one.body);
    filled.assert_whole();
}
