//! Giving a field another type: what would be lost is counted first, then the values are converted in chunks.
use kontor_definitions::{ColumnType, FieldId, RecordId, Value, convert::Shape};

use super::{ColumnInfo, Physical, PlanAction, PlanStep, TableInfo, ddl::quoted};
use crate::{bind::Bind, error::StorageError, tx::Tx};

/// Rows of a chunk.
const CHUNK: usize = 1000;

/// Values that are shown as examples.
const EXAMPLES: usize = 3;

/// What a change of type cannot keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Losses {
    /// Rows whose value says less in the new type, or nothing.
    pub rows: u64,
    /// A few of the values, each with how many of the rows hold it.
    pub examples: Vec<(Value, u64)>,
}

/// The columns of one change of type.
#[derive(Clone, Copy)]
struct Retyped<'a> {
    table: &'a TableInfo,
    from: &'a ColumnInfo,
    to: (&'a str, ColumnType),
    again: bool,
    shapes: (&'a Shape, &'a Shape),
}

/// What becomes of the value of a row.
enum Become {
    /// The column holds it already.
    Stays,
    Changes {
        value: Value,
        exact: bool,
    },
}

impl Retyped<'_> {
    /// A row that still says what was converted from its value of then gets that value back; every other is converted.
    fn of(&self, now: &Value, then: &Value) -> Become {
        let (from, to) = self.shapes;
        if !then.is_null() && from.convert(then).value == *now {
            return Become::Stays;
        }
        let converted = to.convert(now);
        if converted.value == *then && converted.exact {
            return Become::Stays;
        }
        Become::Changes { value: converted.value, exact: converted.exact }
    }
}

impl Tx {
    /// What a step loses that changes a type; nothing for every other step. Called before the plan is applied.
    pub fn losses(&mut self, physical: &Physical, step: &PlanStep) -> Result<Losses, StorageError> {
        let mut losses = Losses::default();
        let PlanAction::RetypeColumn { column, again, conversion: Some((from, to)) } = &step.action else { return Ok(losses) };
        let table = physical.table(step.entity_id)?;
        let retyped =
            Retyped { table, from: table.column(column.id)?, to: (&column.name, column.ty), again: *again, shapes: (from, to) };
        let mut after = None;
        loop {
            let rows = self.chunk(&retyped, after)?;
            for [_, now, then] in &rows {
                if let Become::Changes { exact: false, .. } = retyped.of(now, then) {
                    losses.add(now);
                }
            }
            after = last_id(&rows);
            if rows.len() < CHUNK {
                return Ok(losses);
            }
        }
    }

    /// Fills the column of the new type. The column of then is the field's former one by now.
    pub(super) fn convert(
        &mut self,
        table: &TableInfo,
        field: FieldId,
        from: &ColumnInfo,
        (again, shapes): (bool, (&Shape, &Shape)),
    ) -> Result<(), StorageError> {
        let to = table.column(field)?;
        let retyped = Retyped { table, from, to: (&to.name, to.ty), again, shapes };
        let mut after = None;
        loop {
            let rows = self.chunk(&retyped, after)?;
            let changes = rows.iter().filter_map(|[id, now, then]| match retyped.of(now, then) {
                Become::Stays => None,
                Become::Changes { value, .. } => Some((id.clone(), value)),
            });
            self.put(&retyped, changes.collect())?;
            after = last_id(&rows);
            if rows.len() < CHUNK {
                return Ok(());
            }
        }
    }

    /// Rows by id that hold a value now or held one then: id, value now, value then.
    fn chunk(&mut self, retyped: &Retyped<'_>, after: Option<RecordId>) -> Result<Vec<[Value; 3]>, StorageError> {
        let (now, to) = (quoted(&retyped.from.name), quoted(retyped.to.0));
        let filled =
            if retyped.again { format!("({now} IS NOT NULL OR {to} IS NOT NULL)") } else { format!("{now} IS NOT NULL") };
        let (behind, binds) = match after {
            Some(id) => ("\"id\" > ?1 AND ", vec![Bind::id(id.0)]),
            None => ("", Vec::new()),
        };
        let table = quoted(&retyped.table.name);
        let mut columns = format!("\"id\", {now}");
        let mut types = vec![ColumnType::Uuid, retyped.from.ty];
        if retyped.again {
            columns.push_str(&format!(", {to}"));
            types.push(retyped.to.1);
        }
        let sql = format!("SELECT {columns} FROM {{t}}{table} WHERE {behind}{filled} ORDER BY \"id\" LIMIT {CHUNK}");
        let rows = self.query(&sql, &binds, &types)?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let mut cells = row.into_iter().map(listed);
                [(); 3].map(|()| cells.next().unwrap_or_default())
            })
            .collect())
    }

    fn put(&mut self, retyped: &Retyped<'_>, changes: Vec<(Value, Value)>) -> Result<(), StorageError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (name, ty) = retyped.to;
        let mut binds = Vec::with_capacity(changes.len() * 2);
        let mut pairs = Vec::with_capacity(changes.len());
        for (id, value) in changes {
            binds.push(Bind(ColumnType::Uuid, id));
            binds.push(Bind(ty, value));
            pairs.push(format!("(?{}, ?{})", binds.len() - 1, binds.len()));
        }
        let (table, column, pairs) = (quoted(&retyped.table.name), quoted(name), pairs.join(", "));
        let sql =
            format!("UPDATE {{t}}{table} AS r SET {column} = v.column2 FROM (VALUES {pairs}) AS v WHERE r.\"id\" = v.column1");
        self.execute(&sql, &binds).map(|_rows| ())
    }
}

impl Losses {
    fn add(&mut self, value: &Value) {
        self.rows += 1;
        if let Some((_, rows)) = self.examples.iter_mut().find(|(known, _)| known == value) {
            *rows += 1;
        } else if self.examples.len() < EXAMPLES {
            self.examples.push((value.clone(), 1));
        }
    }
}

fn last_id(rows: &[[Value; 3]]) -> Option<RecordId> {
    match rows.last() {
        Some([Value::Id(id), ..]) => Some(RecordId(*id)),
        _ => None,
    }
}

/// A stored list of texts as the list it is.
fn listed(value: Value) -> Value {
    match &value {
        Value::Json(json) => match json.as_array() {
            Some(items) => {
                Value::List(items.iter().filter_map(|item| item.as_str()).map(|item| Value::Text(item.to_owned())).collect())
            }
            None => value,
        },
        _ => value,
    }
}
