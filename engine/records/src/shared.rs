//! What is worked out once per set of definitions and shared by every session under them: plans and the definer's rights.
use std::sync::{Arc, Mutex, PoisonError};

use kontor_access::Rights;
use kontor_apps::Snapshot;

use crate::plan::Plans;

/// Sets of definitions that are remembered; tenants with the same apps share one.
const REMEMBERED: usize = 64;

/// What sessions under the same definitions share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) plans: Arc<Plans>,
    pub(crate) definer: Arc<Rights>,
}

/// By fingerprint, the latest used last. Pure results of the definitions: it does not matter who made them.
static KNOWN: Mutex<Vec<(Arc<str>, Shared)>> = Mutex::new(Vec::new());

/// What belongs to a snapshot.
pub(crate) fn shared(snapshot: &Snapshot) -> Shared {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = known.iter().position(|(fingerprint, _)| *fingerprint == snapshot.fingerprint) {
        let found = known.remove(place);
        let shared = found.1.clone();
        known.push(found);
        return shared;
    }
    let made = Shared { plans: Arc::default(), definer: Arc::new(Rights::definer(&snapshot.catalog)) };
    if known.len() == REMEMBERED {
        known.remove(0);
    }
    known.push((Arc::clone(&snapshot.fingerprint), made.clone()));
    made
}
