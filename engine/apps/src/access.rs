//! What changes of definitions and of people say in the access log: which roles are others now, and who was given one.
use kontor_definitions::{Entity, RecordId, model::Kind as DocumentKind};
use kontor_storage::{
    StorageError, Tx,
    system::access_log::{self, Access, Kind},
};

use crate::{act::Act, sources::Sources};

/// Notes every role whose document a revision adds, changes or takes away.
pub(crate) fn roles_published(
    tx: &mut Tx,
    act: Act,
    (before, after): (&Sources, &Sources),
    revision: i64,
) -> Result<(), StorageError> {
    let roles = |sources: &Sources| -> Vec<(String, String)> {
        let roles = sources.iter().filter(|(key, _)| key.kind == DocumentKind::Role);
        roles.map(|(key, text)| (format!("{}.{}", key.app, key.name), text.to_string())).collect()
    };
    let (before, after) = (roles(before), roles(after));
    let changed = after.iter().filter(|role| !before.contains(role));
    let gone = before.iter().filter(|(name, _)| !after.iter().any(|(other, _)| other == name));
    for (name, _) in changed.chain(gone) {
        access_log::append(tx, &rights(act, None, Some(revision), format!("publish {name}")))?;
    }
    Ok(())
}

/// Notes that somebody was given a role when they were made.
pub(crate) fn role_given(
    tx: &mut Tx,
    act: Act,
    (assignments, assignment): (&Entity, RecordId),
    role: &str,
) -> Result<(), StorageError> {
    let mut access = rights(act, Some(assignment), None, format!("create {role}"));
    access.entity = Some(assignments.id);
    access_log::append(tx, &access)
}

fn rights(act: Act, record: Option<RecordId>, number: Option<i64>, detail: String) -> Access {
    Access {
        made_at: act.at,
        kind: Kind::Rights,
        person: (!act.by.0.is_nil()).then_some(act.by),
        address: act.from.map(|address| address.to_string()).unwrap_or_default(),
        entity: None,
        record,
        number,
        detail,
    }
}
