//! Who does something, when, and with what luck: all that a change of definitions depends on besides the data.
use std::net::IpAddr;

use kontor_definitions::{DefId, RecordId, TenantId};
use rand::{Rng, SeedableRng, rngs::StdRng};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// An act of a person or of the engine. The clock and the seed come from `server`; the same act run again, as a job
/// may be, makes the same ids.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// The person's `base.user` record; nil for the engine itself.
    pub by: RecordId,
    /// The moment.
    pub at: OffsetDateTime,
    /// Where random ids begin.
    pub seed: u64,
    /// From where, as the server knows it; none for the command line and the engine itself.
    pub from: Option<IpAddr>,
}

impl Act {
    /// An act of the engine itself.
    pub fn of_engine(at: OffsetDateTime, seed: u64) -> Self {
        Self { by: RecordId(Uuid::nil()), at, seed, from: None }
    }

    /// Its source of random numbers, from the beginning.
    pub(crate) fn luck(&self) -> Luck {
        Luck { random: StdRng::seed_from_u64(self.seed), at: self.at }
    }
}

/// A source of ids.
pub(crate) struct Luck {
    random: StdRng,
    at: OffsetDateTime,
}

impl Luck {
    /// A random number.
    pub(crate) fn number(&mut self) -> u64 {
        self.random.next_u64()
    }
    /// A new record's id.
    pub(crate) fn record(&mut self) -> RecordId {
        let millis = u64::try_from(self.at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let mut bytes = [0; 10];
        self.random.fill_bytes(&mut bytes);
        RecordId(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }
    /// A new tenant's id.
    pub(crate) fn tenant(&mut self) -> TenantId {
        TenantId(DefId::from_random(self.number()))
    }
}
