//! What an app is made of: documents, ids, values, expressions and the whole-app check.
//!
//! This crate is pure. It knows no SQL, no HTTP, no clock, no file system and no thread: every input comes
//! in as a value, every finding goes out as a [`Diagnostic`]. Three layers, each built from the one before:
//!
//! 1. [`model`]: the documents as people write them, one Rust type per kind; the JSON Schemas derive from them.
//! 2. [`expr`]: the expression language, one parser, one typed tree, one evaluator.
//! 3. [`catalog`]: the checked app set with every name resolved to an id, the only thing the other crates read.
//!
//! Start reading at [`source::AppSource`] (the files of an app), then [`check::check`] (files to catalog).
pub mod aspect;
pub mod catalog;
pub mod check;
pub mod convert;
pub mod diagnostic;
pub mod expr;
pub mod id;
pub mod measure;
pub mod model;
pub mod source;
pub mod text;
pub mod texts;
pub mod value;

pub use catalog::{Catalog, Entity, Field, FieldType};
pub use diagnostic::{Diagnostic, Severity};
pub use id::{Aspect, DefId, EntityId, FieldId, RecordId, RoleId, TenantId};
pub use text::{LocalText, Locale};
pub use value::{ColumnType, Plain, Value};
