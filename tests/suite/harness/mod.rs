//! What the tests of the suite share: databases, people, golden files, the tree of the repository.
#[cfg(feature = "s3")]
pub(crate) mod bucket;
#[cfg(not(feature = "s3"))]
#[path = "no_bucket.rs"]
pub(crate) mod bucket;
pub(crate) mod cases;
pub(crate) mod client;
pub(crate) mod cluster;
pub(crate) mod database;
pub(crate) mod events;
#[cfg(target_os = "linux")]
pub(crate) mod faults;
pub(crate) mod instance;
pub(crate) mod node;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod repository;
pub(crate) mod temporary;

/// Makes two tests of each function of the form `fn name(database: &Database)`: `name::sqlite` and `name::postgres`.
///
/// ```ignore
/// both_databases!(a_record_survives_a_restart);
/// fn a_record_survives_a_restart(database: &Database) { … }
/// ```
macro_rules! both_databases {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                super::$name(&$crate::harness::database::Database::sqlite());
            }
            #[test]
            fn postgres() {
                super::$name(&$crate::harness::database::Database::postgres());
            }
        })+
    };
}
pub(crate) use both_databases;

/// Like `both_databases!`, with a third test each that keeps contents of files in a bucket: `name::bucket`.
macro_rules! every_store {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                super::$name(&$crate::harness::database::Database::sqlite());
            }
            #[test]
            fn postgres() {
                super::$name(&$crate::harness::database::Database::postgres());
            }
            #[cfg(feature = "s3")]
            #[test]
            fn bucket() {
                super::$name(&$crate::harness::database::Database::sqlite().with_bucket());
            }
        })+
    };
}
pub(crate) use every_store;
