//! Data in from outside and out again. So far: tables of text (CSV) imported as records.
//!
//! Nothing here writes on its own: every row goes through `records::Session`, so rights, rules and derived
//! fields hold for an import as they do for a form. It must not know HTTP or the command line; `server` calls it.
//!
//! Start reading at [`import::run`]: a [`table::Table`] and an [`import::map::ImportMap`] in, an [`import::report::Report`] out.
pub mod data;
pub mod import;
pub mod table;
