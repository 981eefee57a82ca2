//! Sessions seen a moment ago, so that a page's burst of requests asks the control database once.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kontor_storage::control::sessions::SessionRow;
use time::{Duration, OffsetDateTime};

/// How long a session is believed without asking; what another node ended is refused here no later than this.
const BELIEVED: Duration = Duration::SECOND;
/// Kept at most; the memory is emptied when it is full.
const KEPT: usize = 10_000;

/// Sessions by the hash of their token, with the moment they were read.
#[derive(Default)]
pub(super) struct Recent(Mutex<HashMap<String, (OffsetDateTime, SessionRow)>>);

impl Recent {
    /// A session read a moment ago.
    pub(super) fn get(&self, hash: &str, now: OffsetDateTime) -> Option<SessionRow> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read, session) = all.get(hash)?;
        // A clock that was set back ends belief too.
        let fresh = (*read..*read + BELIEVED).contains(&now) && session.expires_at > now;
        fresh.then(|| session.clone())
    }

    /// Remembers a session that was just read.
    pub(super) fn put(&self, session: &SessionRow, now: OffsetDateTime) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(session.token_hash.clone(), (now, session.clone()));
    }

    /// Forgets a session that was ended here.
    pub(super) fn forget(&self, hash: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}
