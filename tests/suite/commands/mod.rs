//! The command line on both databases: what it prints, how it ends, and that wrong input is one clear line.
mod apps;
mod keys;
mod upkeep;

use crate::harness::{
    database::Database,
    instance::{Instance, folder},
    program::{self, Ended},
};

/// A command on a database.
fn kontor(database: &Database, arguments: &[&str]) -> Ended {
    program::run(&mut program::kontor(database, arguments))
}

/// The tenant `test` with an app, and nothing open any more.
fn prepared(database: &Database, app: &str) {
    Instance::new(database).install(&folder(app));
}

/// What the command says of a tenant that is not there.
fn refuses_unknown_tenants(database: &Database, arguments: &[&str]) {
    let line = kontor(database, &[arguments, &["--tenant", "nobody"]].concat()).refused(3);
    assert!(line.contains("no tenant called") && line.contains("nobody"), "{line}");
}
