//! Random writes through every door, several writers at once: derived values are what computing them anew gives.
//!
//! `make test` makes two thousand writes, `KONTOR_LONG=1` (`make test-long`) ten thousand.
//! They are compared twice: with `kontor verify`, and with arithmetic of this file, which reads records over HTTP and
//! knows nothing of how the engine keeps them.
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::http::Method;
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{self, Import, map::Existing, plan::map_of_header},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, folder},
};

both_databases!(random_writes_equal_recomputation);

/// How often everything is compared on the way.
const LOOKS: usize = 4;
/// Writers at once.
const WRITERS: u64 = 6;
const CUSTOMERS: usize = 40;

fn random_writes_equal_recomputation(database: &Database) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/shop"));
    instance.add_person("boss", "shop.boss");
    let shop = Shop::open(&instance);
    // Records written, lines not counted.
    let writes = if std::env::var("KONTOR_LONG").is_ok() { 10_000 } else { 2_000 };
    for look in 1..=LOOKS {
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let seed = writer + 100 * u64::try_from(look).unwrap();
                let shop = &shop;
                scope.spawn(move || shop.write(StdRng::seed_from_u64(seed), writes * look / LOOKS));
            }
        });
        compare(&shop.boss);
        instance.assert_whole(&format!("after {} writes", shop.written.load(Ordering::SeqCst)));
    }
    let doors = shop.doors.into_inner().unwrap();
    assert_eq!(doors.len(), 10, "every door was used: {doors:?}");
    assert!(doors.values().all(|count| *count > writes / 200), "{doors:?}");
}

/// The records that writers work on.
struct Shop<'a> {
    instance: &'a Instance,
    boss: Client,
    groups: Vec<String>,
    products: Vec<String>,
    customers: Vec<String>,
    orders: Mutex<Vec<String>>,
    written: AtomicUsize,
    doors: Mutex<BTreeMap<&'static str, usize>>,
}

impl<'a> Shop<'a> {
    fn open(instance: &'a Instance) -> Self {
        let boss = instance.client("boss");
        let make = |entity: &str, body: Json| id_of(&boss.post(&format!("/api/records/{entity}"), &body).expect(201).json());
        let groups: Vec<String> = (0..3).map(|index| make("group", json!({"name": format!("G{index}")}))).collect();
        let product = |index: usize| json!({"name": format!("P{index}"), "price": format!("{index}.25")});
        let products = (1..8).map(|index| make("product", product(index))).collect();
        let customer = |index: usize| json!({"code": format!("C{index}"), "name": "C", "group": groups[index % 3]});
        let customers = (0..CUSTOMERS).map(|index| make("customer", customer(index))).collect();
        let orders = Mutex::default();
        Self { instance, boss, groups, products, customers, orders, written: AtomicUsize::new(0), doors: Mutex::default() }
    }

    /// Writes at random until there were `enough` writes in all.
    fn write(&self, mut random: StdRng, enough: usize) {
        while self.written.load(Ordering::SeqCst) < enough {
            let order = some(&mut random, &self.orders.lock().unwrap()).unwrap_or_default();
            let (door, records) = match random.random_range(0..20) {
                _ if order.is_empty() => self.create(&mut random),
                0..=2 => self.create(&mut random),
                3 | 4 => self.sent("patch", &self.boss.patch(&at(&order), &self.body(&mut random))),
                5 => {
                    let lines = json!({"upsert": [self.line(&mut random)]});
                    self.sent("lines", &self.boss.patch(&at(&order), &json!({"discount": "0.1", "lines": lines})))
                }
                6 | 7 => self.sent("archive", &self.boss.delete(&at(&order))),
                8 | 9 => self.sent("unarchive", &self.boss.post(&format!("{}/unarchive", at(&order)), &json!({}))),
                10 | 11 => {
                    let action = if random.random() { "send" } else { "finish" };
                    self.sent("action", &self.boss.post(&format!("{}/actions/{action}", at(&order)), &json!({})))
                }
                12 => {
                    drop(self.boss.delete(&at(&order)));
                    self.sent("purge", &self.boss.send(Method::DELETE, &format!("{}?purge=true", at(&order)), None, &[]))
                }
                13..=16 => self.batch(&mut random),
                17 => {
                    let customer = some(&mut random, &self.customers).unwrap();
                    let moved = json!({"group": some(&mut random, &self.groups)});
                    self.sent("move", &self.boss.patch(&format!("/api/records/customer/{customer}"), &moved))
                }
                _ => self.import(&mut random),
            };
            self.written.fetch_add(records, Ordering::SeqCst);
            *self.doors.lock().unwrap().entry(door).or_default() += records;
        }
    }

    fn line(&self, random: &mut StdRng) -> Json {
        let quantity = format!("{}.{:03}", random.random_range(0..9), random.random_range(0..1_000));
        json!({"product": some(random, &self.products), "qty": quantity})
    }

    fn body(&self, random: &mut StdRng) -> Json {
        let lines: Vec<Json> = (0..random.random_range(1..4)).map(|_| self.line(random)).collect();
        let date = format!("2026-03-{:02}", random.random_range(1..28));
        json!({"customer": some(random, &self.customers), "lines": lines, "order_date": date})
    }

    /// One record was written, or refused by a rule: it is in the archive, gone meanwhile, in another state.
    fn sent(&self, door: &'static str, answer: &Answer) -> (&'static str, usize) {
        let status = answer.status.as_u16();
        assert!(matches!(status, 200 | 201 | 204 | 404 | 409 | 422), "{door}: {}", String::from_utf8_lossy(&answer.bytes));
        (door, usize::from(answer.status.is_success()))
    }

    fn create(&self, random: &mut StdRng) -> (&'static str, usize) {
        let made = self.boss.post("/api/records/order", &self.body(random)).expect(201).json();
        self.orders.lock().unwrap().push(id_of(&made));
        ("create", 1)
    }

    /// New orders, orders that move to other customers, orders that go: all of it or nothing.
    fn batch(&self, random: &mut StdRng) -> (&'static str, usize) {
        let create: Vec<Json> = (0..random.random_range(1..12)).map(|_| self.body(random)).collect();
        let orders = self.orders.lock().unwrap().clone();
        let [first, second, third] = [(); 3].map(|()| some(random, &orders).unwrap());
        let change = |id: &str, customer: Option<String>| json!({"id": id, "customer": customer});
        let update = match first == second {
            true => vec![change(&first, some(random, &self.customers))],
            false => vec![change(&first, some(random, &self.customers)), change(&second, some(random, &self.customers))],
        };
        let delete = if third == first || third == second { vec![] } else { vec![third] };
        let records = create.len() + update.len() + delete.len();
        let answer = self.boss.post("/api/records/order/batch", &json!({"create": create, "update": update, "delete": delete}));
        if answer.status.is_success() {
            let made = answer.json()["created"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
            self.orders.lock().unwrap().append(&mut { made });
            return ("batch", records);
        }
        self.sent("batch", &answer)
    }

    /// Credit limits from a table: the customers are there already and change.
    fn import(&self, random: &mut StdRng) -> (&'static str, usize) {
        let mut csv = "code,limit\n".to_owned();
        let first = random.random_range(0..CUSTOMERS - 5);
        for index in first..first + 5 {
            csv.push_str(&format!("C{index},{}\n", random.random_range(0..10_000)));
        }
        let table = Table::from_csv(csv.as_bytes(), Encoding::Utf8).unwrap();
        let map = map_of_header(&table, vec!["code".to_owned()], Existing::Update);
        let (now, today) = self.instance.engine().moment();
        let caller = Caller { who: Who::Engine(RecordId(Uuid::nil())), now, today, seed: random.random(), locale: "en".into() };
        let import = Import { entity: "shop.customer".to_owned(), table, map, dry_run: false, accept_duplicates: false };
        let report = import::run(self.instance.tenant(), &caller, import, &mut |_, _| {}).unwrap();
        assert_eq!(report.failed, 0, "{:?}", report.verdicts.first());
        ("import", 5)
    }
}

fn some(random: &mut StdRng, from: &[String]) -> Option<String> {
    (!from.is_empty()).then(|| from[random.random_range(0..from.len())].clone())
}

fn id_of(record: &Json) -> String {
    record["id"].as_str().unwrap().to_owned()
}

fn at(order: &str) -> String {
    format!("/api/records/order/{order}")
}

/// Every record of an entity as the person sees it, archived ones too.
fn all(boss: &Client, entity: &str, more: &str) -> Vec<Json> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/records/{entity}?limit=1000&archived=with{more}{cursor}");
        let mut page = boss.get(&path).expect(200).json();
        items.append(page["items"].as_array_mut().unwrap());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn number(value: &Json) -> Decimal {
    match value {
        Json::Null => Decimal::ZERO,
        Json::String(text) => text.parse().unwrap(),
        other => other.to_string().parse().unwrap(),
    }
}

/// What orders add up to for a customer.
#[derive(Default)]
struct Sum {
    count: usize,
    open: Decimal,
    totals: Vec<Decimal>,
    first: Option<String>,
}

/// Computes what is stored from what was entered, and compares.
fn compare(boss: &Client) {
    let mut sold: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for order in all(boss, "order", "&expand=lines") {
        let mut subtotal = Decimal::ZERO;
        for line in order["lines"].as_array().unwrap() {
            let amount = (number(&line["qty"]) * number(&line["price"])).round_dp(2);
            assert_eq!(number(&line["amount"]), amount, "{line}");
            subtotal += amount;
            *sold.entry(line["product"].as_str().unwrap().to_owned()).or_default() += number(&line["qty"]);
        }
        let total = (subtotal * (Decimal::ONE - number(&order["discount"]))).round_dp(2);
        assert_eq!((number(&order["subtotal"]), number(&order["total"])), (subtotal, total), "{order}");
        if order["archived_at"].is_null() {
            let sum = sums.entry(order["customer"].as_str().unwrap().to_owned()).or_default();
            let date = order["order_date"].as_str().map(str::to_owned);
            sum.count += 1;
            sum.open += if order["status"] == "done" { Decimal::ZERO } else { total };
            sum.totals.push(total);
            sum.first = sum.first.take().min(date.clone()).or(date);
        }
    }
    let mut groups: BTreeMap<String, (usize, Decimal)> = BTreeMap::new();
    for customer in all(boss, "customer", "") {
        let sum = sums.remove(&id_of(&customer)).unwrap_or_default();
        assert_eq!(number(&customer["order_count"]), Decimal::from(sum.count), "{customer}");
        assert_eq!(number(&customer["order_total"]), sum.open, "{customer}");
        assert_eq!(number(&customer["credit_left"]), number(&customer["limit"]) - sum.open, "{customer}");
        assert_eq!(number(&customer["largest"]), sum.totals.iter().max().copied().unwrap_or_default(), "{customer}");
        assert_eq!(customer["first_order"].as_str(), sum.first.as_deref(), "{customer}");
        let of_group = groups.entry(customer["group"].as_str().unwrap().to_owned()).or_default();
        *of_group = (of_group.0 + 1, of_group.1 + sum.open);
    }
    assert!(sums.is_empty(), "orders of customers that are not there: {:?}", sums.keys());
    for group in all(boss, "group", "") {
        let (customers, turnover) = groups.remove(&id_of(&group)).unwrap_or_default();
        assert_eq!(number(&group["customers"]), Decimal::from(customers), "{group}");
        assert_eq!(number(&group["turnover"]), turnover, "{group}");
    }
    for product in all(boss, "product", "") {
        assert_eq!(number(&product["sold"]), sold.get(&id_of(&product)).copied().unwrap_or_default(), "{product}");
    }
}
