//! Ids of new records: UUIDv7 that grow within a session, so that records keep the order in which they were made.
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// A source of ids.
pub(crate) struct Ids {
    millis: u64,
    count: u64,
    random: StdRng,
}

impl Ids {
    pub(crate) fn new(now: OffsetDateTime, seed: u64) -> Self {
        let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        Self { millis, count: 0, random: StdRng::seed_from_u64(seed) }
    }

    /// The next id: the moment, twelve bits of a counter, the rest by chance. A full counter moves the moment on.
    pub(crate) fn next(&mut self) -> Uuid {
        let mut bytes = [0; 10];
        self.random.fill_bytes(&mut bytes);
        let [first, second, ..] = &mut bytes;
        [*first, *second] = u16::try_from(self.count % 4_096).unwrap_or_default().to_be_bytes();
        let millis = self.millis + self.count / 4_096;
        self.count += 1;
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}
