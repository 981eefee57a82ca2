//! `kontor key rotate`: stopped anywhere, everything opens, and it goes on where it ended.
use std::fs;

use kontor_definitions::TenantId;
use kontor_storage::{Rotation, Store};
use serde_json::{Value as Json, json};

use super::kontor;
use crate::harness::{
    both_databases,
    client::Client,
    database::Database,
    instance::{Instance, folder},
};

both_databases!(a_rotation_stopped_anywhere_goes_on, a_server_that_runs_notices_a_new_key, what_cannot_be_rotated_is_told);

/// What a rotation does before it is stopped.
type Stop<'a> = &'a dyn Fn(&Rotation<'_>, &[TenantId]);

const NUMBER: &str = "7310-4455";

/// Two tenants with sensitive values; the file of their key.
fn staffed(database: &Database) -> (Instance, Client, String) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/sensitive/staff"));
    instance.add_person("hr", "staff.hr");
    instance.add_tenant_with("second", &folder("tests/cases/sensitive/staff"), &[]);
    let hr = instance.client("hr");
    let id = created(&hr, NUMBER);
    (instance, hr, id)
}

fn created(hr: &Client, number: &str) -> String {
    let person = json!({"name": "Li Na", "id_number": number});
    hr.post("/api/records/person", &person).expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn revealed(hr: &Client, id: &str) -> Json {
    hr.get(&format!("/api/records/person/{id}?reveal=id_number")).expect(200).json()["id_number"].clone()
}

fn key_file(database: &Database) -> String {
    fs::read_to_string(database.config().data.join("kontor.key")).unwrap()
}

fn tenants(store: &Store) -> Vec<TenantId> {
    let listed = store.control().read_blocking(kontor_storage::control::tenants::list).unwrap();
    listed.into_iter().map(|tenant| tenant.id).collect()
}

fn a_rotation_stopped_anywhere_goes_on(database: &Database) {
    let (instance, _, id) = staffed(database);
    drop(instance);
    let before = key_file(database);
    let stops: [Stop<'_>; 3] =
        [&|_, _| {}, &|rotation, tenants| assert!(rotation.wrap(tenants[0]).unwrap()), &|rotation, tenants| {
            for tenant in tenants {
                rotation.wrap(*tenant).unwrap();
            }
        }];
    let mut added = None;
    for stop in stops {
        let store = database.open();
        let rotation = store.rotate_key().unwrap().expect("nobody else rotates");
        assert!(store.rotate_key().unwrap().is_none(), "one at a time");
        stop(&rotation, &tenants(&store));
        // As if the process was killed.
        drop(rotation);
        drop(store);
        let text = key_file(database);
        assert!(text.lines().count() == 2 && text.ends_with(&before), "the new key above the old one");
        assert_eq!(*added.get_or_insert_with(|| text.clone()), text, "the key that was added stays");
        let instance = Instance::again(database);
        assert_eq!(revealed(&instance.client("hr"), &id), NUMBER);
        instance.assert_whole("between two steps");
    }
    let done = kontor(database, &["key", "rotate"]).expect(0);
    assert!(done.complained.contains("0 of 2 tenants"), "{}", done.complained);
    let after = key_file(database);
    assert_eq!(format!("{after}{before}"), added.unwrap());
    let instance = Instance::again(database);
    assert_eq!(revealed(&instance.client("hr"), &id), NUMBER);
    instance.assert_whole("after a rotation");
    drop(instance);
    let done = kontor(database, &["key", "rotate"]).expect(0);
    assert!(done.complained.contains("2 of 2 tenants") && key_file(database) != after, "{}", done.complained);
    kontor(database, &["verify"]).expect(0);
}

fn a_server_that_runs_notices_a_new_key(database: &Database) {
    let (instance, hr, id) = staffed(database);
    let node = instance.another_node(database);
    kontor(database, &["key", "rotate"]).expect(0);
    assert_eq!(revealed(&hr, &id), NUMBER);
    let again = created(&hr, "7310-4456");
    assert_eq!(revealed(&node.client("hr"), &again), "7310-4456");
    // A data key that is made now is wrapped with the new key, though this process has read the old one.
    instance.add_tenant_with("third", &folder("tests/cases/sensitive/staff"), &[]);
    instance.tenant().reload_blocking().unwrap();
    assert_eq!(revealed(&hr, &again), "7310-4456");
    kontor(database, &["verify"]).expect(0);
}

fn what_cannot_be_rotated_is_told(database: &Database) {
    let (instance, _, id) = staffed(database);
    drop(instance);
    kontor(database, &["key"]).expect(2);
    kontor(database, &["key", "turn"]).expect(2);
    let before = key_file(database);
    let path = database.config().data.join("kontor.key");
    fs::remove_file(&path).unwrap();
    assert!(kontor(database, &["key", "rotate"]).refused(3).contains("is missing"));
    assert!(!path.exists());
    fs::write(&path, before.replace('a', "b")).unwrap();
    let line = kontor(database, &["key", "rotate"]).refused(3);
    assert!(line.contains("is not the one"), "{line}");
    fs::write(&path, &before).unwrap();
    #[cfg(target_os = "linux")]
    {
        let faults = crate::harness::faults::Faults::new();
        faults.set(&format!("ENOSPC rename 0 {}", path.display()));
        let mut command = faults.loaded(crate::harness::program::kontor(database, &["key", "rotate"]));
        let line = crate::harness::program::run(&mut command).refused(3);
        assert!(line.contains("the disk is full") && line.contains("run the command again"), "{line}");
        assert_eq!(key_file(database), before);
    }
    let instance = Instance::again(database);
    assert_eq!(revealed(&instance.client("hr"), &id), NUMBER);
}
