//! The only place that decides rights: who may do what with which rows and fields.
//!
//! [`Rights::of`] compiles the roles of one person into permits, once per person and rights version.
//! [`decide`] hands out a [`Permit`], which cannot be made anywhere else, or [`Denied`]. `storage` demands a permit
//! for every statement over business rows and turns it into SQL; nothing is filtered afterwards in memory.
//! A field that no grant has does not exist for the person: not in answers, filters, sorts, counts or messages.
//!
//! Start reading at [`decide`]; `permit.rs` holds what a permit says.
mod permit;
mod rights;

pub use permit::{Action, Actor, FieldReach, Grant, Mask, Permit, RowReach};
pub use rights::Rights;

use kontor_definitions::EntityId;

/// The person may not do it. Says nothing more: to the outside it looks like something that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not permitted")]
pub struct Denied;

/// Decides whether a person may do something with an entity, and with which of its rows and fields.
pub fn decide(rights: &Rights, action: Action, entity: EntityId) -> Result<&Permit, Denied> {
    rights.permit(action, entity).ok_or(Denied)
}
