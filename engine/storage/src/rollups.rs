//! Roll-ups over records that refer to a row, computed from theirs.
use kontor_access::Permit;
use kontor_definitions::{EntityId, FieldId, RecordId};

use crate::{
    bind::Bind,
    error::StorageError,
    query::{Context, Row},
    sql::{View, Writer},
    tx::Tx,
    value::Reading,
};

impl Tx {
    /// Derived fields of rows as they are computed at this moment, whatever is stored; each row's first value is its id.
    pub fn computed(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        ids: &[RecordId],
        fields: &[FieldId],
    ) -> Result<Vec<Row>, StorageError> {
        if ids.is_empty() || fields.is_empty() {
            return Ok(Vec::new());
        }
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let place = writer.open(entity, View::Person(permit));
        let mut terms = vec![writer.path(0, &[FieldId::ID])?];
        for field in fields {
            let field = writer.find(entity, *field)?;
            terms.push(writer.live(&place, field)?);
        }
        let id = writer.column(&place.alias, entity, FieldId::ID)?;
        let wanted = ids.iter().map(|id| writer.bind(&Bind::id(id.0))).collect::<Result<Vec<_>, _>>()?;
        let mut conditions = vec![format!("{id} IN ({})", wanted.join(", "))];
        conditions.extend(writer.rows(permit, &place)?);
        let from = writer.close()?;
        let columns: Vec<&str> = terms.iter().map(|term| term.sql.as_str()).collect();
        let readings: Vec<Reading> = terms.iter().map(|term| term.reading).collect();
        let sql = format!("SELECT {} FROM {from} WHERE {}", columns.join(", "), conditions.join(" AND "));
        let (sql, values) = writer.finish(&sql);
        self.fetch(&sql, values, &readings)
    }
}
