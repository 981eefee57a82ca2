//! What a tenant's tables are, and what a plan would touch.
use crate::{
    error::StorageError,
    schema::{Physical, Plan},
    tx::Tx,
};

impl Tx {
    /// The tables of the tenant as they are.
    pub fn physical(&mut self) -> Result<Physical, StorageError> {
        unimplemented!()
    }

    /// Fills in how many rows the steps of a plan touch and how many values they would put out of reach.
    pub fn measure(&mut self, _physical: &Physical, _plan: &mut Plan) -> Result<(), StorageError> {
        unimplemented!()
    }
}
