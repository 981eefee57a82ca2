//! Reading the lines that records own: all of them, or the first of each record with how many there are.
use kontor_access::Permit;
use kontor_definitions::{ColumnType, EntityId, FieldId, RecordId};

use crate::{
    bind::Bind,
    error::StorageError,
    query::{Context, Path, Row},
    rows::all_of,
    sql::{Opening, Term, View, Writer},
    tx::Tx,
    value::Reading,
};

/// The lines of some parents, before it is said which of them are wanted and how they are answered.
struct Lines<'a> {
    writer: Writer<'a>,
    /// The parent's id, the columns, and what opens those that are encrypted.
    terms: Vec<Term>,
    opening: Opening,
    parent: String,
    /// With the conditions that lead to these parents and rows.
    from: String,
    /// How the lines of one parent stand.
    order: String,
}

impl<'a> Lines<'a> {
    fn of(
        mut writer: Writer<'a>,
        permit: &'a Permit,
        entity: EntityId,
        parents: &[RecordId],
        columns: &[Path],
    ) -> Result<Self, StorageError> {
        let place = writer.open(entity, View::Person(permit));
        let parent = writer.path(0, &[FieldId::PARENT])?;
        let mut terms = vec![parent.clone()];
        for path in columns {
            terms.push(writer.path(0, path)?);
        }
        let opening = writer.opening(columns, 1, &mut terms)?;
        let ids = parents.iter().map(|id| writer.bind(&Bind::id(id.0))).collect::<Result<Vec<_>, _>>()?;
        let mut conditions = vec![format!("{} IN ({})", parent.sql, ids.join(", "))];
        conditions.extend(writer.rows(permit, &place)?);
        let (position, id) = (writer.path(0, &[FieldId::POSITION])?.sql, writer.path(0, &[FieldId::ID])?.sql);
        let from = format!("{}{}", writer.close()?, all_of(&conditions));
        Ok(Self { writer, terms, opening, parent: parent.sql, from, order: format!("{position}, {id}") })
    }
}

impl Tx {
    /// Rows of an owned-lines entity for these parents, each row's first value the parent's id, ordered by parent and position.
    pub fn lines(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        parents: &[RecordId],
        columns: &[Path],
    ) -> Result<Vec<Row>, StorageError> {
        if parents.is_empty() {
            return Ok(Vec::new());
        }
        let writer = Writer::new(context, self.dialect(), self.prefix());
        let Lines { writer, terms, opening, parent, from, order } = Lines::of(writer, permit, entity, parents, columns)?;
        let selected: Vec<&str> = terms.iter().map(|term| term.sql.as_str()).collect();
        let sql = format!("SELECT {} FROM {from} ORDER BY {parent}, {order}", selected.join(", "));
        let readings: Vec<Reading> = terms.iter().map(|term| term.reading).collect();
        let (sql, values) = writer.finish(&sql);
        let mut rows = self.fetch(&sql, values, &readings)?;
        opening.open(context.physical, &mut rows)?;
        Ok(rows)
    }

    /// The first lines of each parent, without encrypted columns, as [`Tx::lines`] answers them; behind the columns how many the parent has in all.
    pub fn first_lines(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        parents: &[RecordId],
        (columns, most): (&[Path], u32),
    ) -> Result<Vec<Row>, StorageError> {
        if parents.is_empty() {
            return Ok(Vec::new());
        }
        let writer = Writer::new(context, self.dialect(), self.prefix());
        let Lines { writer, terms, opening: _, parent, from, order } = Lines::of(writer, permit, entity, parents, columns)?;
        let of_parent = format!("PARTITION BY {parent}");
        let inner: Vec<String> = terms.iter().enumerate().map(|(at, term)| format!("{} AS \"c{at}\"", term.sql)).collect();
        let outer: Vec<String> = (0..terms.len()).map(|at| format!("found.\"c{at}\"")).collect();
        let sql = format!(
            "SELECT {}, found.\"many\" FROM (SELECT {}, COUNT(*) OVER ({of_parent}) AS \"many\", \
             ROW_NUMBER() OVER ({of_parent} ORDER BY {order}) AS \"place\" FROM {from}) AS found \
             WHERE found.\"place\" <= {most} ORDER BY found.\"c0\", found.\"place\"",
            outer.join(", "),
            inner.join(", "),
        );
        let readings = terms.iter().map(|term| term.reading).chain([Reading::Column(ColumnType::Integer)]);
        let readings: Vec<Reading> = readings.collect();
        let (sql, values) = writer.finish(&sql);
        self.fetch(&sql, values, &readings)
    }
}
