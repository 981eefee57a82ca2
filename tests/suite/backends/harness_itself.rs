//! The harness gives every test a database of its own, on both databases.
use kontor_definitions::TenantId;
use kontor_storage::Dialect;

use crate::harness::{both_databases, database::Database};

both_databases!(a_database_is_empty_and_its_own, a_store_opens_again);

fn a_database_is_empty_and_its_own(database: &Database) {
    assert!(!database.config().data.exists());
    assert_eq!(database.config().database.is_some(), database.dialect() == Dialect::Postgres);
    assert!(database.folder().is_dir());
}

fn a_store_opens_again(database: &Database) {
    let tenant = TenantId("tenant00".parse().unwrap());
    let store = database.open();
    assert_eq!(store.dialect(), database.dialect());
    store.create_tenant(tenant).unwrap();
    drop(store);
    database.open().tenant(tenant).unwrap();
}
