//! The draft of a tenant: the documents of all its apps as they shall become, edited one by one, checked as a whole.
mod edit;
mod view;

pub use edit::{Precondition, delete, discard, put};
pub(crate) use view::retired;
pub use view::{Draft, DraftDocument, DraftEntry, DraftState, get, list, read};
