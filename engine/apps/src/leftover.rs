//! A publish that ended and could not be cleared away, because the disk was full or the database gone: remembered until it is.
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

/// It is tried again so long after it failed.
const PAUSE: Duration = Duration::from_secs(3);

/// What this process left behind in a tenant, if anything.
#[derive(Default)]
pub(crate) struct Leftover(Mutex<Option<Left>>);

struct Left {
    /// The publish that this process gave up, and why; nothing for one that another process left.
    publish: Option<(Uuid, String)>,
    again: Instant,
}

impl Leftover {
    /// Something could not be cleared away; the first reason stays.
    pub(crate) fn remember(&self, publish: Option<(Uuid, String)>) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let publish = left.take().and_then(|left| left.publish).or(publish);
        *left = Some(Left { publish, again: Instant::now() + PAUSE });
    }

    /// Why this process gave that publish up.
    pub(crate) fn reason(&self, token: Uuid) -> Option<String> {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, why) = left.as_ref()?.publish.as_ref()?;
        (*of == token).then(|| why.clone())
    }

    /// Nothing is left.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the caller should try again now; others are not told so for a moment.
    pub(crate) fn is_due(&self) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match left.as_mut() {
            Some(left) if left.again <= now => {
                left.again = now + PAUSE;
                true
            }
            Some(_) | None => false,
        }
    }
}
