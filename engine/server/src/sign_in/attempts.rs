//! Wrong attempts with addresses that have no login: locked like real ones, so that a lock does not tell who exists.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use time::{Duration, OffsetDateTime};

/// So many wrong passwords in a row lock an address.
pub const WRONG_PASSWORDS: i64 = 10;
/// For so long.
pub const LOCKED_FOR: Duration = Duration::minutes(15);
/// Addresses remembered at most; the memory is emptied when it is full.
const REMEMBERED: usize = 10_000;

/// Wrong attempts by address.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<String, Count>>);

struct Count {
    failed: i64,
    locked_until: Option<OffsetDateTime>,
}

impl Attempts {
    /// Until when an address is locked.
    pub fn locked_until(&self, address: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(address).and_then(|count| count.locked_until).filter(|until| *until > now)
    }

    /// Counts a wrong attempt.
    pub fn failed(&self, address: &str, now: OffsetDateTime) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= REMEMBERED && !counts.contains_key(address) {
            counts.clear();
        }
        let count = counts.entry(address.to_owned()).or_insert(Count { failed: 0, locked_until: None });
        if count.locked_until.is_some_and(|until| until <= now) {
            *count = Count { failed: 0, locked_until: None };
        }
        count.failed += 1;
        if count.failed >= WRONG_PASSWORDS {
            count.locked_until = Some(now + LOCKED_FOR);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::{Attempts, LOCKED_FOR, WRONG_PASSWORDS};

    #[test]
    fn an_address_is_locked_for_a_while() {
        let (attempts, now) = (Attempts::default(), OffsetDateTime::UNIX_EPOCH);
        for _ in 1..WRONG_PASSWORDS {
            attempts.failed("a@b", now);
        }
        assert_eq!(attempts.locked_until("a@b", now), None);
        attempts.failed("a@b", now);
        assert_eq!(attempts.locked_until("a@b", now), Some(now + LOCKED_FOR));
        assert_eq!(attempts.locked_until("c@d", now), None);
        let later = now + LOCKED_FOR + Duration::seconds(1);
        assert_eq!(attempts.locked_until("a@b", later), None);
        attempts.failed("a@b", later);
        assert_eq!(attempts.locked_until("a@b", later), None);
    }
}
