//! The tenants in which this process wrote something: jobs that found nothing to do look again soon.
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use kontor_definitions::TenantId;

/// Tenants in which something was written and that the runner has not looked at since.
#[derive(Default)]
pub(crate) struct Touched(Mutex<BTreeSet<TenantId>>);

impl Touched {
    /// Something was written there.
    pub(crate) fn add(&self, tenant: TenantId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
    }

    /// All of them; whoever asks next is told only of later ones.
    pub(crate) fn take(&self) -> BTreeSet<TenantId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
