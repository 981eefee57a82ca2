//! Business statements as text: fragments with numbered parameters, identifiers only from `Physical`.
//!
//! A fragment is a piece of SQL whose parameters (`?3`, `$3`) are already bound in the [`Writer`], so fragments can be
//! put together in any order and used twice; both databases take numbered parameters out of order.
mod aggregate;
mod call;
mod encrypted;
mod expression;
mod number;
mod permit;
mod search;
mod texts;
mod writer;

pub(crate) use aggregate::combined_term;
pub(crate) use encrypted::Opening;
pub(crate) use number::FUNCTIONS;
pub(crate) use search::asked;
pub(crate) use writer::{Place, Term, View, Writer};
