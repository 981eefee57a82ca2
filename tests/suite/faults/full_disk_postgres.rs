//! The disk of PostgreSQL is full for one database: the same answers as on SQLite, and service goes on by itself.
use serde_json::{Value as Json, json};

use crate::harness::{
    cluster::Cluster,
    database::Database,
    faults::Faults,
    instance::{Instance, folder},
};

#[test]
fn writers_are_told_that_the_disk_of_postgresql_is_full() {
    let faults = Faults::new();
    let cluster = Cluster::start_with(&faults);
    let database = Database::on(cluster.url());
    let instance = Instance::new(&database);
    instance.install(&folder("tests/cases/records/shop"));
    instance.add_person("boss", "shop.boss");
    let (boss, admin) = (instance.client("boss"), instance.client("admin"));
    let files = cluster.files_of(&database);
    let batch = |page: usize| {
        let of = |n: usize| json!({"code": format!("{page}-{n}"), "name": "N".repeat(80)});
        boss.post("/api/records/shop.customer/batch", &json!({"create": (0..100).map(of).collect::<Vec<Json>>()}))
    };
    batch(0).expect(200);
    let mut kept = 1;
    for round in 0..3 {
        // Pages that are there can be written, no table can grow.
        faults.set(&format!("ENOSPC extend,create 0 {}", files.display()));
        let mut page = 0;
        let refused = loop {
            page += 1;
            let reply = batch(round * 1_000 + page);
            if reply.status != 200 {
                break reply;
            }
            kept += 1;
            assert!(page < 100, "the disk is not full");
        };
        let problem = refused.expect(507).json();
        assert_eq!(problem["code"], "disk_full", "{problem}");
        boss.get("/api/records/shop.customer?limit=5").expect(200);
        admin.get("/readyz").expect(200);
        faults.end();
        batch(round * 1_000 + 999).expect(200);
        kept += 1;
    }
    let counted = boss.get("/api/records/shop.customer?count=true&limit=1").expect(200).json();
    assert_eq!(counted["count"], kept * 100);
    instance.assert_whole("after a full disk of PostgreSQL");
}
