//! Events as one person may see them: the names of entities, and only records within the person's reach of now.
use std::collections::{BTreeMap, HashSet};

use kontor_definitions::{EntityId, FieldId, Value};
use kontor_storage::system::event::Event;
use uuid::Uuid;

use super::page;
use crate::{error::RecordsError, session::Session};

/// Records asked for in one statement.
const CHUNK: usize = 500;

/// An event that the person may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub seq: i64,
    /// What happened.
    pub event: Event,
    /// The entity's name in the API, with its app; none for what is about no record.
    pub entity: Option<String>,
    /// The record left the person's reach with this change: nothing more is told of it.
    pub gone: bool,
}

impl Session<'_> {
    /// The events among these that the person may see: about records that they may read now, about those that just left
    /// their reach, and about none.
    pub fn visible(&mut self, events: &[(i64, Event)]) -> Result<Vec<Seen>, RecordsError> {
        let mut asked: BTreeMap<EntityId, Vec<Uuid>> = BTreeMap::new();
        let mut once = HashSet::new();
        for (entity, record) in events.iter().filter_map(|(_, event)| event.record) {
            if once.insert((entity, record)) {
                asked.entry(entity).or_default().push(record.0);
            }
        }
        let mut readable = HashSet::new();
        for (entity, ids) in asked {
            for chunk in ids.chunks(CHUNK) {
                readable.extend(self.readable(entity, chunk)?.into_iter().map(|id| (entity, id)));
            }
        }
        let catalog = std::sync::Arc::clone(&self.frame.catalog);
        let seen = events.iter().filter_map(|(seq, event)| {
            let mut gone = false;
            let entity = match event.record {
                None => None,
                Some((entity, record)) => {
                    let known = catalog.entity(entity)?;
                    gone = !readable.contains(&(entity, record.0));
                    if gone && !self.reached_before(event) {
                        return None;
                    }
                    Some(format!("{}.{}", known.app, known.name))
                }
            };
            Some(Seen { seq: *seq, event: *event, entity, gone })
        });
        Ok(seen.collect())
    }

    /// Whether the person's rights of now reached the record as it was before the change. A role's condition on other
    /// fields cannot be looked up any more: through it nothing was reached.
    fn reached_before(&self, event: &Event) -> bool {
        let permit = event.record.and_then(|(entity, _)| page::reading(&self.frame.rights, entity));
        permit.zip(event.was).is_some_and(|(permit, was)| permit.reaches_any_of(was.owner, was.department))
    }

    fn readable(&mut self, entity: EntityId, ids: &[Uuid]) -> Result<Vec<Uuid>, RecordsError> {
        let frame = std::sync::Arc::clone(&self.frame);
        if frame.catalog.entity(entity).is_none() {
            return Ok(Vec::new());
        }
        let Some(permit) = page::reading(&frame.rights, entity) else { return Ok(Vec::new()) };
        let query = page::by_ids(entity, vec![vec![FieldId::ID]], ids.to_vec());
        let rows = self.tx.select(frame.context(), permit, &query)?;
        let ids = rows.iter().filter_map(|row| match row.first() {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        });
        Ok(ids.collect())
    }
}
