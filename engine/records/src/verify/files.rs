//! Files: held by exactly the records whose fields name them.
use std::collections::BTreeSet;

use kontor_definitions::{EntityId, FieldId, RecordId};
use kontor_storage::{Tx, system::file};
use uuid::Uuid;

use super::{Breach, Invariant, Report, tables::entity_name};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// Files by where they are held: entity, record or line, field, file.
pub(super) type Held = BTreeSet<(EntityId, RecordId, FieldId, Uuid)>;

/// Compares what records hold with what is written down about it.
pub(super) fn look(frame: &Frame, tx: &mut Tx, held: &Held, report: &mut Report) -> Result<(), RecordsError> {
    let written: Held = file::every_use(tx)?.into_iter().map(|(file, by)| (by.entity, by.record, by.field, file)).collect();
    let mut tell = |place: &(EntityId, RecordId, FieldId, Uuid), text: Text<'_>| {
        let (entity, record, field, _) = place;
        let named = frame.catalog.entity(*entity).and_then(|entity| entity.field(*field));
        let breach = Breach::new(Invariant::Files, text).of(entity_name(frame, *entity)).at(*record);
        report.add(breach.field(named.map_or_else(|| field.to_string(), |field| field.name.clone())));
    };
    for place in held.difference(&written) {
        tell(
            place,
            Text {
                zh: "记录中的文件没有登记，可能被清理", en: "a file of the record is not written down as held"
            },
        );
    }
    for place in written.difference(held) {
        // A field that was removed keeps its values, and so its files.
        let live = frame.catalog.entity(place.0).is_some_and(|entity| entity.field(place.2).is_some());
        if live {
            tell(
                place,
                Text {
                    zh: "登记的文件已不在记录中", en: "a file is written down as held, and the record does not hold it"
                },
            );
        }
    }
    for id in file::misled(tx)? {
        let (zh, en) = (format!("文件 {id} 的状态与使用情况不符"), format!("the state of file {id} is not what its uses say"));
        report.add(Breach::new(Invariant::Files, Text { zh: &zh, en: &en }));
    }
    Ok(())
}
