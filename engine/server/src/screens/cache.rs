//! Screens made before: by the documents, the revision and everything of a person's rights that they depend on.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kontor_access::Rights;
use kontor_definitions::RoleId;

/// Kept at most; the memory is emptied when it is full.
const KEPT: usize = 128;

/// What screens depend on. Two people with the same roles see the same ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScreenKey {
    /// The revision's number, which is part of the answer.
    pub(crate) revision: i64,
    /// The documents.
    pub(crate) documents: Arc<str>,
    roles: Vec<RoleId>,
    // Without a department a role's department scope grants nothing.
    has_department: bool,
}

impl ScreenKey {
    /// The key for a person.
    pub(crate) fn of(revision: i64, documents: &Arc<str>, rights: &Rights) -> Self {
        let actor = rights.actor();
        let mut roles = actor.roles.clone();
        roles.sort_unstable();
        Self { revision, documents: Arc::clone(documents), roles, has_department: actor.department.is_some() }
    }

    /// As text, for an entity tag.
    pub(crate) fn text(&self) -> String {
        let roles: Vec<String> = self.roles.iter().map(RoleId::to_string).collect();
        format!("{} {} {} {}", self.revision, self.documents, roles.join(","), self.has_department)
    }
}

/// Answers by what they depend on.
#[derive(Default)]
pub(crate) struct ScreenCache(Mutex<HashMap<ScreenKey, Arc<str>>>);

impl ScreenCache {
    /// The answer made before, or the one that is made now.
    pub(crate) fn get(&self, key: &ScreenKey, make: impl FnOnce() -> String) -> Arc<str> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Arc::clone(known);
        }
        let made: Arc<str> = make().into();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(key.clone(), Arc::clone(&made));
        made
    }
}
