//! Giving a field another type: what would be lost is counted first, then the values are converted in chunks.
use kontor_definitions::{ColumnType, RecordId, Value, convert::Shape};

use super::{ColumnInfo, Physical, PlanAction, PlanStep, TableInfo, ddl::quoted, names};
use crate::{bind::Bind, error::StorageError, query::Row, tx::Tx, zone::Known};

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

/// What filling the column of a new type did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Converted {
    /// The rows whose new column changed.
    pub changed: Vec<RecordId>,
    /// What it could not keep.
    pub losses: Losses,
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
        if !then.is_null() && self.shapes.0.convert(then, self.shapes.1, &Known).value == *now {
            return Become::Stays;
        }
        self.anew(now, then)
    }

    /// Every row is converted, whatever the new column holds.
    fn anew(&self, now: &Value, there: &Value) -> Become {
        let converted = self.shapes.1.convert(now, self.shapes.0, &Known);
        if converted.value == *there && converted.exact {
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

    /// Fills the column of a step's new type for some rows; answers which of them changed and what could not be kept. Steps of
    /// other kinds change nothing. The tables are those before the plan, but the new column is there.
    pub fn convert(&mut self, before: &Physical, step: &PlanStep, ids: &[RecordId]) -> Result<Converted, StorageError> {
        let mut done = Converted::default();
        let PlanAction::RetypeColumn { column, again, conversion: Some((from, to)) } = &step.action else { return Ok(done) };
        let table = before.table(step.entity_id)?;
        let now = table.column(column.id)?;
        let retyped = Retyped { table, from: now, to: (&column.name, column.ty), again: *again, shapes: (from, to) };
        let mut changes = Vec::new();
        for [id, now, then] in self.these(&retyped, ids)? {
            // Without a column of then, what stands in the new one is from an earlier turn.
            let becomes = if *again { retyped.of(&now, &then) } else { retyped.anew(&now, &then) };
            if let Become::Changes { value, exact } = becomes {
                if !exact {
                    done.losses.add(&now);
                }
                if let Value::Id(id) = id {
                    done.changed.push(RecordId(id));
                }
                changes.push((id, value));
            }
        }
        self.put(&retyped, changes)?;
        Ok(done)
    }

    /// Copies the values of a step's field as they are into its other column, for some rows.
    pub fn copy(&mut self, before: &Physical, step: &PlanStep, ids: &[RecordId]) -> Result<(), StorageError> {
        let PlanAction::RetypeColumn { column, .. } = &step.action else { return Ok(()) };
        if ids.is_empty() {
            return Ok(());
        }
        let table = before.table(step.entity_id)?;
        let (from, table) = (table.column(column.id)?, quoted(&table.name));
        let mut copies = format!("{} = {}", quoted(&column.name), quoted(&from.name));
        if matches!(column.ty, ColumnType::Encrypted(_)) {
            let beside = quoted(&names::fingerprint(&column.name));
            copies.push_str(&format!(", {beside} = {}", quoted(&from.found_by())));
        }
        let (wanted, binds) = listed_ids(ids);
        let sql = format!("UPDATE {{t}}{table} SET {copies} WHERE \"id\" IN ({wanted})");
        self.execute(&sql, &binds).map(drop)
    }

    /// Some rows: id, value now, value in the new column.
    fn these(&mut self, retyped: &Retyped<'_>, ids: &[RecordId]) -> Result<Vec<[Value; 3]>, StorageError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (now, to, table) = (quoted(&retyped.from.name), quoted(retyped.to.0), quoted(&retyped.table.name));
        let (wanted, binds) = listed_ids(ids);
        let sql = format!("SELECT \"id\", {now}, {to} FROM {{t}}{table} WHERE \"id\" IN ({wanted}) ORDER BY \"id\"");
        let types = [ColumnType::Uuid, retyped.from.ty, retyped.to.1];
        Ok(self.query(&sql, &binds, &types)?.into_iter().map(three).collect())
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
        Ok(self.query(&sql, &binds, &types)?.into_iter().map(three).collect())
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
    /// Adds what other rows of the same step lost.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (value, rows) in &other.examples {
            if let Some((_, known)) = self.examples.iter_mut().find(|(known, _)| known == value) {
                *known += rows;
            } else if self.examples.len() < EXAMPLES {
                self.examples.push((value.clone(), *rows));
            }
        }
    }

    fn add(&mut self, value: &Value) {
        self.rows += 1;
        if let Some((_, rows)) = self.examples.iter_mut().find(|(known, _)| known == value) {
            *rows += 1;
        } else if self.examples.len() < EXAMPLES {
            self.examples.push((value.clone(), 1));
        }
    }
}

fn listed_ids(ids: &[RecordId]) -> (String, Vec<Bind>) {
    let wanted = (1..=ids.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
    (wanted, ids.iter().map(|id| Bind::id(id.0)).collect())
}

fn three(row: Row) -> [Value; 3] {
    let mut cells = row.into_iter().map(listed);
    [(); 3].map(|()| cells.next().unwrap_or_default())
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
