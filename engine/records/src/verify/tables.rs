//! The database itself, the tables against the definitions, references that lead nowhere.
use kontor_definitions::{EntityId, FieldId};
use kontor_storage::{
    Tx,
    schema::plan,
    system::{
        integrity::{self, Difference},
        publishing, state,
    },
};

use super::{Breach, Invariant, Report};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// Looks at the database, its tables and references.
pub(super) fn look(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    for told in integrity::database(tx)? {
        let (zh, en) = (format!("数据库自检发现问题：{told}"), format!("the database finds something wrong with itself: {told}"));
        report.add(Breach::new(Invariant::Database, Text { zh: &zh, en: &en }));
    }
    // A publish that was given up may have left columns since the definitions were read.
    let physical = tx.physical()?;
    for difference in integrity::differences(tx, &physical)? {
        report.add(different(frame, difference));
    }
    let publishing = publishing::read(tx)?.is_some_and(|publish| publish.is_open());
    if !publishing && state::is_marking(tx)? {
        let (zh, en) =
            ("没有发布在进行，写入却仍在为发布做标记", "writers mark what they write for a publish that is not under way");
        report.add(Breach::new(Invariant::Tables, Text { zh, en }));
    }
    for step in plan(&frame.physical, &frame.catalog)?.steps {
        let (zh, en) = (format!("数据表与当前版本的定义不符：缺少步骤“{step}”"), format!("the tables lack a step: {step}"));
        report.add(Breach::new(Invariant::Tables, Text { zh: &zh, en: &en }).of(step.entity));
    }
    if report.counts.contains_key(&Invariant::Tables) {
        return Ok(());
    }
    for (entity, field, count) in integrity::dangling(tx, &frame.physical)? {
        let (zh, en) = (format!("{count} 个引用指向不存在的记录"), format!("{count} reference(s) lead to no record"));
        let breach = Breach::new(Invariant::References, Text { zh: &zh, en: &en });
        report.add(breach.of(entity_name(frame, entity)).field(field_name(frame, entity, field)));
    }
    Ok(())
}

fn different(frame: &Frame, difference: Difference) -> Breach {
    let tables = |zh: &str, en: &str| Breach::new(Invariant::Tables, Text { zh, en });
    match difference {
        Difference::NoTable(entity) => tables("数据表不存在", "the table is missing").of(entity_name(frame, entity)),
        Difference::NoColumn(entity, field) => tables("字段的列不存在", "the field's column is missing")
            .of(entity_name(frame, entity))
            .field(field_name(frame, entity, field)),
        Difference::ForeignColumn(entity, name) => {
            let (zh, en) =
                (format!("数据表多出一列“{name}”，并非由本系统建立"), format!("the table has a column nobody made: {name}"));
            tables(&zh, &en).of(entity_name(frame, entity))
        }
        Difference::NoIndex(entity, fields) => {
            let names: Vec<String> = fields.into_iter().map(|field| field_name(frame, entity, field)).collect();
            let names = names.join(", ");
            let (zh, en) = (format!("缺少索引：{names}"), format!("an index is missing: {names}"));
            tables(&zh, &en).of(entity_name(frame, entity))
        }
    }
}

/// `app.entity`, or the name of the table of one that was removed.
pub(super) fn entity_name(frame: &Frame, id: EntityId) -> String {
    let table = || frame.physical.tables.get(&id).map(|table| table.name.clone());
    frame.catalog.entity(id).map(|entity| entity.full_name()).or_else(table).unwrap_or_else(|| id.to_string())
}

/// The field's name, or that of the column of one that was removed.
fn field_name(frame: &Frame, entity: EntityId, id: FieldId) -> String {
    let column = || frame.physical.tables.get(&entity)?.columns.get(&id).map(|column| column.name.clone());
    let named = frame.catalog.entity(entity).and_then(|entity| entity.field(id)).map(|field| field.name.clone());
    named.or_else(column).unwrap_or_else(|| id.to_string())
}
