//! A permit as SQL: the rows of its grants.
use kontor_access::{Grant, Permit, RowReach};
use kontor_definitions::FieldId;

use super::writer::{Place, View, Writer};
use crate::{bind::Bind, error::StorageError};

impl<'a> Writer<'a> {
    /// Which rows a permit reaches; `None` when every row.
    pub(crate) fn rows(&mut self, permit: &'a Permit, place: &Place<'a>) -> Result<Option<String>, StorageError> {
        if permit.is_every_row() {
            return Ok(None);
        }
        let all: Vec<usize> = (0..permit.grants().len()).collect();
        self.rows_of(permit, &all, place).map(Some)
    }

    /// Which rows some of a permit's grants reach.
    pub(crate) fn rows_of(&mut self, permit: &'a Permit, grants: &[usize], place: &Place<'a>) -> Result<String, StorageError> {
        let mut reached = Vec::new();
        for grant in grants.iter().filter_map(|index| permit.grants().get(*index)) {
            reached.push(self.grant(grant, place)?);
        }
        Ok(if reached.is_empty() { "FALSE".to_owned() } else { format!("({})", reached.join(" OR ")) })
    }

    fn grant(&mut self, grant: &'a Grant, place: &Place<'a>) -> Result<String, StorageError> {
        let reach = match grant.rows() {
            RowReach::All => None,
            RowReach::Owner(user) => Some(self.one_of(place, FieldId::OWNER, &[*user])?),
            RowReach::Parent(record) => Some(self.of_record(record, place)?),
            RowReach::Departments(departments) => Some(self.one_of(place, FieldId::DEPARTMENT, departments)?),
        };
        let condition = match grant.condition() {
            Some(condition) => Some(self.standing_on(place, |writer| writer.condition(condition))?),
            None => None,
        };
        Ok(match (reach, condition) {
            (None, None) => "TRUE".to_owned(),
            (Some(one), None) | (None, Some(one)) => one,
            (Some(reach), Some(condition)) => format!("({reach} AND {condition})"),
        })
    }

    /// The lines of the records that a grant of the parent reaches.
    fn of_record(&mut self, record: &'a Grant, place: &Place<'a>) -> Result<String, StorageError> {
        let Some((parent, _lines)) = self.entity(place.entity)?.parent else { return Ok("FALSE".to_owned()) };
        let above = Place { alias: self.alias(), entity: parent, view: View::Definer };
        let reached = self.grant(record, &above)?;
        let id = self.column(&above.alias, parent, FieldId::ID)?;
        let link = self.column(&place.alias, place.entity, FieldId::PARENT)?;
        Ok(format!("EXISTS (SELECT 1 FROM {} AS {} WHERE {id} = {link} AND {reached})", self.table(parent)?, above.alias))
    }

    /// An entity without owners or departments has no row that such a grant reaches.
    fn one_of(&mut self, place: &Place<'a>, field: FieldId, ids: &[uuid::Uuid]) -> Result<String, StorageError> {
        if self.entity(place.entity)?.field(field).is_none() || ids.is_empty() {
            return Ok("FALSE".to_owned());
        }
        let column = self.column(&place.alias, place.entity, field)?;
        let ids = ids.iter().map(|id| self.bind(&Bind::id(*id))).collect::<Result<Vec<_>, _>>()?;
        Ok(match ids.as_slice() {
            [one] => format!("{column} = {one}"),
            many => format!("{column} IN ({})", many.join(", ")),
        })
    }
}
