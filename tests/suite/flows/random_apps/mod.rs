//! Random apps, from a seed: refused with findings, or published, used, changed three times, and always like a model in memory.
//!
//! `make test` runs a sample; `KONTOR_LONG=1` (`make test-long`) runs two thousand. A failing seed is in the message;
//! `KONTOR_SEED=n` runs that one alone.
mod change;
mod drive;
mod generate;
mod model;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::harness::{both_databases, database::Database, instance::Instance};

both_databases!(random_apps_match_a_model);

/// So many apps follow each other in one tenant, the tables of the earlier ones retired.
const APPS_PER_TENANT: u64 = 25;

fn random_apps_match_a_model(database: &Database) {
    let only = std::env::var("KONTOR_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    let count = if std::env::var("KONTOR_LONG").is_ok() { 2_000 } else { 2 * APPS_PER_TENANT };
    let seeds: Vec<u64> = only.map_or_else(|| (0..count).collect(), |seed| vec![seed]);
    let mut refused = 0;
    for part in seeds.chunks(usize::try_from(APPS_PER_TENANT).unwrap()) {
        let fresh = if database.url().is_some() { Database::postgres() } else { Database::sqlite() };
        let instance = Instance::new(&fresh);
        let admin = instance.client("admin");
        let mut before = Vec::new();
        for seed in part {
            let driver = drive::Driver::new(&admin, *seed);
            let mut random = StdRng::seed_from_u64(*seed);
            if random.random_bool(0.2) {
                driver.refuse(&mut random, &before);
                refused += 1;
            } else {
                driver.live_through(&mut random, &mut before);
            }
            instance.assert_whole(&format!("after seed {seed}"));
        }
    }
    assert!(only.is_some() || refused > 0, "no app was broken on purpose");
}
