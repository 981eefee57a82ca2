//! Business rows: every function demands a permit and ANDs it into its statement.
use kontor_access::Permit;
use kontor_definitions::{EntityId, FieldId, RecordId, Value};

use crate::{
    error::StorageError,
    query::{Aggregation, Context, Path, Query, Row},
    tx::Tx,
};

impl Tx {
    /// Reads rows under the person's read permits (`context.rights`), or under `permit` for the queried entity where given
    /// (update and delete permits, when an action looks for the rows it may touch).
    pub fn select(&mut self, _context: Context<'_>, _permit: &Permit, _query: &Query) -> Result<Vec<Row>, StorageError> {
        unimplemented!()
    }
    /// Counts the rows a query would answer without its limit and place.
    pub fn count(&mut self, _context: Context<'_>, _permit: &Permit, _query: &Query) -> Result<u64, StorageError> {
        unimplemented!()
    }
    /// Groups rows.
    pub fn aggregate(&mut self, _context: Context<'_>, _permit: &Permit, _query: &Aggregation) -> Result<Vec<Row>, StorageError> {
        unimplemented!()
    }
    /// Rows of an owned-lines entity for these parents, each row's first value the parent's id, ordered by parent and position.
    pub fn lines(
        &mut self,
        _context: Context<'_>,
        _permit: &Permit,
        _entity: EntityId,
        _parents: &[RecordId],
        _columns: &[Path],
    ) -> Result<Vec<Row>, StorageError> {
        unimplemented!()
    }
    /// Locks a record's row until the end of the transaction (SQLite: the writer has the file already).
    /// Answers whether it exists under the permit.
    pub fn lock(
        &mut self,
        _context: Context<'_>,
        _permit: &Permit,
        _entity: EntityId,
        _id: RecordId,
    ) -> Result<bool, StorageError> {
        unimplemented!()
    }
    /// Whether a row is reached by a permit: asked after a write for the new row.
    pub fn permits(
        &mut self,
        _context: Context<'_>,
        _permit: &Permit,
        _entity: EntityId,
        _id: RecordId,
    ) -> Result<bool, StorageError> {
        unimplemented!()
    }
    /// Inserts a row: values by field, system fields included. Fields not named are null.
    pub fn insert(
        &mut self,
        _context: Context<'_>,
        _permit: &Permit,
        _entity: EntityId,
        _values: &[(FieldId, Value)],
    ) -> Result<(), StorageError> {
        unimplemented!()
    }
    /// Changes a row that the permit reaches; answers whether there was one.
    pub fn update(
        &mut self,
        _context: Context<'_>,
        _permit: &Permit,
        _entity: EntityId,
        _id: RecordId,
        _values: &[(FieldId, Value)],
    ) -> Result<bool, StorageError> {
        unimplemented!()
    }
    /// Deletes a row (owned lines that were removed, purge); answers whether there was one.
    pub fn delete(
        &mut self,
        _context: Context<'_>,
        _permit: &Permit,
        _entity: EntityId,
        _id: RecordId,
    ) -> Result<bool, StorageError> {
        unimplemented!()
    }
    /// The id of another live record with these values (case-sensitive), if there is one. Runs as definer: what is told of it is the caller's duty.
    pub fn find_duplicate(
        &mut self,
        _context: Context<'_>,
        _entity: EntityId,
        _values: &[(FieldId, Value)],
        _except: Option<RecordId>,
    ) -> Result<Option<RecordId>, StorageError> {
        unimplemented!()
    }
}
