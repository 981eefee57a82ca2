//! Encrypted columns in statements: written sealed with a fingerprint beside them, found by the fingerprint, opened when read.
use kontor_definitions::{
    ColumnType, EntityId, Field, FieldId, Plain, Value,
    expr::{Expr, ExprKind},
};
use sea_query::Value as SqlValue;
use uuid::Uuid;

use super::writer::{Place, Term, Writer};
use crate::{
    bind::Bind,
    cipher::{Cell, from_hex},
    error::StorageError,
    query::{Path, Row},
    schema::{ColumnInfo, Physical, quoted},
    value::Reading,
};

/// An answered column that is opened before anybody sees it.
struct Hidden {
    /// Its place in the row.
    place: usize,
    /// Where the id of its record stands.
    id: usize,
    entity: EntityId,
    field: FieldId,
    ty: Plain,
}

/// The encrypted columns of a statement.
pub(crate) struct Opening {
    hidden: Vec<Hidden>,
    /// Columns that were asked for; what stands behind them is cut off.
    shown: usize,
}

impl<'a> Writer<'a> {
    /// Adds the ids that are needed to open what is encrypted among `paths`, the columns behind `terms` that begin at `first`.
    pub(crate) fn opening(&mut self, paths: &[Path], first: usize, terms: &mut Vec<Term>) -> Result<Opening, StorageError> {
        let mut opening = Opening { hidden: Vec::new(), shown: terms.len() };
        for (index, path) in paths.iter().enumerate() {
            let place = first + index;
            let Some(Reading::Column(ColumnType::Encrypted(ty))) = terms.get(place).map(|term| term.reading) else { continue };
            let Some((entity, field)) = self.end(0, path)? else { continue };
            let mut of_record = path.clone();
            of_record.pop();
            of_record.push(FieldId::ID);
            let id = terms.len();
            terms.push(self.path(0, &of_record)?);
            opening.hidden.push(Hidden { place, id, entity, field: field.id, ty });
        }
        Ok(opening)
    }

    /// The entity and field at the end of a path from a scope's row.
    fn end(&self, scope: u8, path: &[FieldId]) -> Result<Option<(EntityId, &'a Field)>, StorageError> {
        let Some((last, references)) = path.split_last() else { return Ok(None) };
        let mut entity = self.place(scope)?.entity;
        for reference in references {
            entity = self.target(entity, *reference)?;
        }
        Ok(Some((entity, self.find(entity, *last)?)))
    }

    /// The comparison of an encrypted field with a constant; nothing where neither side is one.
    pub(super) fn compare_encrypted(&mut self, left: &'a Expr, right: &'a Expr) -> Result<Option<String>, StorageError> {
        let hidden = |side: &Expr| match &side.kind {
            ExprKind::Field { scope, path } => Ok(self.end(*scope, path)?.filter(|(_, field)| field.sensitive)),
            _ => Ok::<_, StorageError>(None),
        };
        let (side, other, (entity, field)) = match (hidden(left)?, hidden(right)?) {
            (Some(found), _) => (left, right, found),
            (None, Some(found)) => (right, left, found),
            (None, None) => return Ok(None),
        };
        let (ExprKind::Field { scope, path }, ExprKind::Literal(value)) = (&side.kind, &other.kind) else {
            return Err(StorageError::Bug(format!("{} is encrypted and compared with something that changes", field.name)));
        };
        if value.is_null() {
            return Ok(Some("FALSE".to_owned()));
        }
        let references = path.split_last().map(|(_, references)| references).unwrap_or_default();
        let term = self.along(*scope, references, |writer, place| writer.fingerprint(place, field))?;
        let print = self.context.physical.demand_cipher()?.fingerprint(entity, field.id, value)?;
        let parameter = self.bytes(print);
        Ok(Some(format!("({} = {parameter})", term.sql)))
    }

    /// The fingerprints of an encrypted field, null where the person may not read it.
    fn fingerprint(&mut self, place: &Place<'a>, field: &'a Field) -> Result<Term, StorageError> {
        let column = self.context.physical.table(place.entity)?.column(field.id)?;
        let sql = format!("{}.{}", place.alias, quoted(&column.found_by()));
        self.guarded(place, field, Term::column(sql, column.ty))
    }

    /// A parameter of bytes.
    fn bytes(&mut self, bytes: Vec<u8>) -> String {
        self.parameter(SqlValue::Bytes(Some(bytes)))
    }

    /// The columns a value goes to and their parameters: one, or for an encrypted field two.
    pub(crate) fn assigned(
        &mut self,
        (entity, record): (EntityId, Uuid),
        (field, column): (FieldId, &ColumnInfo),
        value: &Value,
    ) -> Result<Vec<(String, String)>, StorageError> {
        let name = quoted(&column.name);
        if !matches!(column.ty, ColumnType::Encrypted(_)) {
            return Ok(vec![(name, self.bind(&Bind(column.ty, value.clone()))?)]);
        }
        let beside = quoted(&column.found_by());
        if value.is_null() {
            let null = Bind::null(column.ty);
            return Ok(vec![(name, self.bind(&null)?), (beside, self.bind(&null)?)]);
        }
        let cipher = self.context.physical.demand_cipher()?;
        let sealed = cipher.seal(Cell { entity, field, record }, value)?;
        let print = cipher.fingerprint(entity, field, value)?;
        Ok(vec![(name, self.bytes(sealed)), (beside, self.bytes(print))])
    }

    /// A parameter that a column is found by.
    pub(crate) fn sought(
        &mut self,
        (entity, field): (EntityId, FieldId),
        column: &ColumnInfo,
        value: &Value,
    ) -> Result<String, StorageError> {
        if !matches!(column.ty, ColumnType::Encrypted(_)) {
            return self.bind(&Bind(column.ty, value.clone()));
        }
        let print = self.context.physical.demand_cipher()?.fingerprint(entity, field, value)?;
        Ok(self.bytes(print))
    }
}

impl Opening {
    /// Opens what is encrypted in answered rows.
    pub(crate) fn open(self, physical: &Physical, rows: &mut [Row]) -> Result<(), StorageError> {
        if self.hidden.is_empty() {
            return Ok(());
        }
        let cipher = physical.demand_cipher()?;
        for row in rows {
            for Hidden { place, id, entity, field, ty } in &self.hidden {
                let Some(Value::Text(sealed)) = row.get(*place) else { continue };
                let Some(Value::Id(record)) = row.get(*id) else {
                    return Err(StorageError::Bug("an encrypted value without its record".to_owned()));
                };
                let cell = Cell { entity: *entity, field: *field, record: *record };
                let value = from_hex(sealed).and_then(|sealed| cipher.open(cell, &sealed, *ty));
                let damaged = || StorageError::Bug(format!("the encrypted value of {field} in {record} cannot be opened"));
                let value = value.ok_or_else(damaged)?;
                if let Some(cell) = row.get_mut(*place) {
                    *cell = value;
                }
            }
            row.truncate(self.shown);
        }
        Ok(())
    }
}
