//! The harness gives every test a database of its own, on both databases.
use crate::harness::{both_databases, database::Database};

both_databases!(a_database_is_empty_and_separate);
fn a_database_is_empty_and_separate(database: &Database) {
    let config = database.config();
    assert!(!config.data.exists());
    assert_eq!(config.database.is_some(), database.dialect() == kontor_storage::Dialect::Postgres);
    assert_eq!(config.database, database.url());
    assert!(database.folder().is_dir());
}
