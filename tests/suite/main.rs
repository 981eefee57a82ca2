//! The tests that need more than one crate: structure (`tidy`), both databases (`backends`), HTTP (`http`), whole stories (`flows`),
//! the command
//! line (`commands`), what comes and goes (`faults`).
//!
//! Cases are data in `tests/cases/<area>/`, expected outputs in `tests/golden/<area>/`. A test that touches a database is
//! written once and run on both: see [`harness::both_databases`]. PostgreSQL is found through `KONTOR_TEST_POSTGRES`,
//! which `scripts/with-postgres` sets for the command it is given.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; clippy only sees #[test] functions as tests"
)]

mod backends;
mod commands;
mod faults;
mod flows;
mod harness;
mod http;
mod tidy;
