//! Business rows written, locked and looked up one by one. What is stored of a field besides its value (sort key, folded text) is
//! written here, beside the value, so that no way of writing can forget it.
use kontor_access::Permit;
use kontor_definitions::{ColumnType, EntityId, FieldId, RecordId, Value, aspect};

use crate::{
    bind::Bind,
    error::StorageError,
    query::Context,
    schema::{ColumnInfo, Physical, TableInfo, quoted},
    sql::{View, Writer},
    store::Dialect,
    system::search,
    tx::Tx,
    value::Reading,
};

/// Values by field.
type Values<'v> = &'v [(FieldId, Value)];

impl Tx {
    /// Locks a record's row even against records that are about to refer to it: before it is purged.
    pub fn lock_alone(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        id: RecordId,
    ) -> Result<bool, StorageError> {
        self.reaches(context, permit, entity, id, Some("UPDATE"))
    }

    /// Locks a record's row until the end of the transaction (SQLite: the writer has the file already); answers whether it
    /// exists under the permit.
    ///
    /// The lock excludes other writers of the row but not those that insert records referring to it: they hold its key shared
    /// already, and two of them asking for the whole row would wait for each other for ever.
    pub fn lock(&mut self, context: Context<'_>, permit: &Permit, entity: EntityId, id: RecordId) -> Result<bool, StorageError> {
        self.reaches(context, permit, entity, id, Some("NO KEY UPDATE"))
    }

    /// Whether a row is reached by a permit: asked after a write for the new row.
    pub fn permits(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        id: RecordId,
    ) -> Result<bool, StorageError> {
        self.reaches(context, permit, entity, id, None)
    }

    fn reaches(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        id: RecordId,
        lock: Option<&str>,
    ) -> Result<bool, StorageError> {
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let place = writer.open(entity, View::Person(permit));
        let found = found(&mut writer, permit, &place, id)?;
        let from = writer.close()?;
        let lock = lock.filter(|_| self.dialect() == Dialect::Postgres);
        let lock = lock.map(|lock| format!(" FOR {lock} OF {}", place.alias)).unwrap_or_default();
        let (sql, values) = writer.finish(&format!("SELECT {}.\"id\" FROM {from} WHERE {found}{lock}", place.alias));
        Ok(!self.fetch(&sql, values, &[Reading::Column(ColumnType::Uuid)])?.is_empty())
    }

    /// Inserts a row: values by field, system fields included. Fields not named are null.
    pub fn insert(
        &mut self,
        context: Context<'_>,
        _permit: &Permit,
        entity: EntityId,
        values: Values<'_>,
    ) -> Result<(), StorageError> {
        let table = context.physical.table(entity)?;
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let (mut columns, mut parameters) = (Vec::new(), Vec::new());
        let record = values.iter().find_map(|(field, value)| match value {
            Value::Id(id) if *field == FieldId::ID => Some(*id),
            _ => None,
        });
        let record = record.ok_or_else(|| StorageError::Bug("a new row without an id".to_owned()))?;
        for (field, value) in values {
            for (column, parameter) in writer.assigned((entity, record), (*field, table.column(*field)?), value)? {
                columns.push(column);
                parameters.push(parameter);
            }
            for (aspect, column) in table.aspects(*field) {
                columns.push(quoted(&column.name));
                parameters.push(writer.bind(&Bind(column.ty, aspect::stored(aspect, value)))?);
            }
        }
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", writer.table(entity)?, columns.join(", "), parameters.join(", "));
        let (sql, bound) = writer.finish(&sql);
        self.run(&sql, bound).map_err(|error| named(error, context.physical, table))?;
        match values.iter().find(|(field, _)| *field == FieldId::ID) {
            Some((_, Value::Id(id))) => self.mark_after(context.physical, (entity, RecordId(*id))),
            _ => Ok(()),
        }
    }

    /// Changes a row that the permit reaches; answers whether there was one.
    pub fn update(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        id: RecordId,
        values: Values<'_>,
    ) -> Result<bool, StorageError> {
        if values.is_empty() {
            return self.permits(context, permit, entity, id);
        }
        let table = context.physical.table(entity)?;
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let place = writer.open(entity, View::Person(permit));
        let mut changes = Vec::new();
        for (field, value) in values {
            let assigned = writer.assigned((entity, id.0), (*field, table.column(*field)?), value)?;
            changes.extend(assigned.into_iter().map(|(column, parameter)| format!("{column} = {parameter}")));
            for (aspect, column) in table.aspects(*field) {
                let made = writer.bind(&Bind(column.ty, aspect::stored(aspect, value)))?;
                changes.push(format!("{} = {made}", quoted(&column.name)));
            }
        }
        let found = found(&mut writer, permit, &place, id)?;
        let target = writer.close()?;
        let (sql, bound) = writer.finish(&format!("UPDATE {target} SET {} WHERE {found}", changes.join(", ")));
        if self.marking().is_some() {
            let fields: Vec<FieldId> = values.iter().map(|(field, _)| *field).collect();
            self.mark_before(context.physical, (entity, id), Some(&fields))?;
        }
        let changed = self.run(&sql, bound).map_err(|error| named(error, context.physical, table))? > 0;
        if changed {
            self.mark_after(context.physical, (entity, id))?;
        }
        Ok(changed)
    }

    /// Deletes a row (owned lines that were removed, purge) with the words it is found by; answers whether there was one.
    pub fn delete(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        entity: EntityId,
        id: RecordId,
    ) -> Result<bool, StorageError> {
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let place = writer.open(entity, View::Person(permit));
        let found = found(&mut writer, permit, &place, id)?;
        let target = writer.close()?;
        let (sql, values) = writer.finish(&format!("DELETE FROM {target} WHERE {found}"));
        self.mark_before(context.physical, (entity, id), None)?;
        let deleted = self.run(&sql, values)? > 0;
        if deleted {
            if self.marking().is_some_and(|marking| marking.rows.contains(&entity)) {
                self.mark((entity, id), true)?;
            }
            search::remove(self, entity, id)?;
        }
        Ok(deleted)
    }

    /// The id of another live record with these values (case-sensitive), if there is one; values that hold a null are no
    /// duplicates. Runs as definer: what is told of it is the caller's duty.
    pub fn find_duplicate(
        &mut self,
        context: Context<'_>,
        entity: EntityId,
        values: Values<'_>,
        except: Option<RecordId>,
    ) -> Result<Option<RecordId>, StorageError> {
        if values.iter().any(|(_, value)| value.is_null()) {
            return Ok(None);
        }
        self.find_same(context, entity, values, except)
    }

    /// The same where values that both records lack are equal.
    pub fn find_same(
        &mut self,
        context: Context<'_>,
        entity: EntityId,
        values: Values<'_>,
        except: Option<RecordId>,
    ) -> Result<Option<RecordId>, StorageError> {
        let table = context.physical.table(entity)?;
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let place = writer.open(entity, View::Definer);
        let mut conditions = Vec::new();
        for (field, value) in values {
            let column = table.column(*field)?;
            let name = format!("{}.{}", place.alias, quoted(&column.found_by()));
            if value.is_null() {
                conditions.push(format!("{name} IS NULL"));
                continue;
            }
            let parameter = writer.sought((entity, *field), column, value)?;
            conditions.push(format!("{name} = {parameter}"));
        }
        if writer.entity(entity)?.field(FieldId::ARCHIVED_AT).is_some() {
            conditions.push(format!("{} IS NULL", writer.column(&place.alias, entity, FieldId::ARCHIVED_AT)?));
        }
        if let Some(except) = except {
            let parameter = writer.bind(&Bind::id(except.0))?;
            conditions.push(format!("{}.\"id\" <> {parameter}", place.alias));
        }
        let from = writer.close()?;
        let sql = format!("SELECT {}.\"id\" FROM {from} WHERE {} LIMIT 1", place.alias, conditions.join(" AND "));
        let (sql, bound) = writer.finish(&sql);
        let rows = self.fetch(&sql, bound, &[Reading::Column(ColumnType::Uuid)])?;
        Ok(rows.into_iter().flatten().find_map(|value| if let Value::Id(id) = value { Some(RecordId(id)) } else { None }))
    }
}

/// The row of this id, if the permit reaches it.
fn found<'a>(
    writer: &mut Writer<'a>,
    permit: &'a Permit,
    place: &crate::sql::Place<'a>,
    id: RecordId,
) -> Result<String, StorageError> {
    let parameter = writer.bind(&Bind::id(id.0))?;
    let id = format!("{}.\"id\" = {parameter}", place.alias);
    Ok(writer.rows(permit, place)?.map_or_else(|| id.clone(), |rows| format!("{id} AND {rows}")))
}

/// SQLite tells the columns of a violated unique index (`order_x.number_y, order_x.day_z`), not its name.
fn named(error: StorageError, physical: &Physical, table: &TableInfo) -> StorageError {
    let StorageError::Unique { constraint } = &error else { return error };
    if physical.unique_fields(constraint).is_some() {
        return error;
    }
    let told: Vec<&str> = constraint.split(", ").map(|column| column.rsplit('.').next().unwrap_or(column)).collect();
    let index = table.indexes.iter().find(|(_, index)| {
        let columns: Vec<_> =
            index.fields.iter().filter_map(|field| table.columns.get(field)).map(ColumnInfo::found_by).collect();
        index.unique && columns == told
    });
    index.map_or(error.clone(), |(name, _)| StorageError::Unique { constraint: name.clone() })
}
