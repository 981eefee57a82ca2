//! Roll-ups over records that refer to a row: the row is locked, then its values are computed from theirs.
use kontor_access::Permit;
use kontor_definitions::{ColumnType, EntityId, FieldId, RecordId};

use crate::{
    bind::Bind,
    error::StorageError,
    query::{Context, Row},
    sql::{View, Writer},
    store::Dialect,
    tx::Tx,
    value::Reading,
};

impl Tx {
    /// Locks a row whose derived values will change, until the end of the transaction; answers whether it exists.
    ///
    /// The lock excludes other writers of the row but not those that insert records referring to it: they hold its key shared
    /// already, and two of them asking for the whole row would wait for each other for ever.
    pub fn lock_values(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        id: RecordId,
    ) -> Result<bool, StorageError> {
        let dialect = self.dialect();
        let mut writer = Writer::new(context, dialect, self.prefix());
        let place = writer.open(entity, View::Person(permit));
        let parameter = writer.bind(&Bind::id(id.0))?;
        let mut conditions = vec![format!("{}.\"id\" = {parameter}", place.alias)];
        conditions.extend(writer.rows(permit, &place)?);
        let from = writer.close()?;
        let lock = match dialect {
            Dialect::Postgres => format!(" FOR NO KEY UPDATE OF {}", place.alias),
            Dialect::Sqlite => String::new(),
        };
        let sql = format!("SELECT {}.\"id\" FROM {from} WHERE {}{lock}", place.alias, conditions.join(" AND "));
        let (sql, values) = writer.finish(&sql);
        Ok(!self.fetch(&sql, values, &[Reading::Column(ColumnType::Uuid)])?.is_empty())
    }

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
