//! What a session notes for the access log: written in the session's own transaction or, where that only reads, before the
//! answer leaves.
use kontor_definitions::{EntityId, RecordId, RoleId, Value};
use kontor_storage::{
    StorageError, Tx,
    system::access_log::{self, Access, Kind},
};

use crate::{error::RecordsError, session::Session, write::draft::Draft};

/// Fields of a person that say what they may do.
const RIGHTS_OF_PERSON: [&str; 4] = ["active", "department", "email", "archived_at"];

impl Session<'_> {
    /// From where the person asks, as the server knows it.
    pub fn comes_from(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// Notes that the person was shown sensitive values of a record.
    pub fn note_opened(&mut self, entity: EntityId, record: RecordId) {
        self.note_access(Kind::Open, (Some(entity), Some(record)), None, "");
    }

    /// Notes what the person does, about an entity and one of its records or a number of them; `detail` never holds values.
    pub fn note_access(
        &mut self,
        kind: Kind,
        (entity, record): (Option<EntityId>, Option<RecordId>),
        number: Option<i64>,
        detail: &str,
    ) {
        let user = self.frame.rights.actor().user;
        let (made_at, address, detail) = (self.frame.now, self.address.clone(), detail.to_owned());
        let person = (!user.0.is_nil()).then_some(user);
        self.accesses.push(Access { made_at, kind, person, address, entity, record, number, detail });
    }

    /// Notes that a record about people and their roles was written, where it changes what somebody may do.
    pub(crate) fn note_rights(&mut self, draft: &Draft, action: &str) {
        let entity = &draft.entity;
        if entity.app != "base" {
            return;
        }
        let named = |name: &str| entity.fields.iter().position(|field| field.name == name);
        let changes = |name: &&str| named(name).is_some_and(|place| draft.is_new() || draft.was(place) != draft.at(place));
        let detail = match entity.name.as_str() {
            "role_assignment" => {
                let role = named("role").map(|place| draft.at(place));
                let role = match role {
                    Some(Value::Text(id)) => id.parse().ok().and_then(|id| self.frame.catalog.roles.get(&RoleId(id))),
                    _ => None,
                };
                role.map_or_else(|| action.to_owned(), |role| format!("{action} {}.{}", role.app, role.name))
            }
            "user" => {
                let changed: Vec<&str> = RIGHTS_OF_PERSON.into_iter().filter(|name| changes(name)).collect();
                if changed.is_empty() && action != "purge" {
                    return;
                }
                format!("{action} {}", changed.join(" ")).trim_end().to_owned()
            }
            "department" => action.to_owned(),
            _ => return,
        };
        self.note_access(Kind::Rights, (Some(entity.id), Some(RecordId(draft.id))), None, &detail);
    }

    /// Writes what was noted with everything else that the session writes.
    pub(crate) fn write_accesses(&mut self) -> Result<(), RecordsError> {
        let accesses = std::mem::take(&mut self.accesses);
        Ok(append(self.tx, &accesses)?)
    }
}

/// Writes accesses down.
pub(crate) fn append(tx: &mut Tx, accesses: &[Access]) -> Result<(), StorageError> {
    accesses.iter().try_for_each(|access| access_log::append(tx, access))
}
