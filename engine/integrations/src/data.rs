//! The data an app brings along: reference data (`data/<entity>.csv`) and sample data (`data/sample/<entity>.csv`).
//!
//! The same importer as everywhere, run as the engine. What is there already is left alone, so an interrupted
//! installation is finished by running it again.
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use kontor_apps::Tenant;
use kontor_definitions::{Catalog, Entity, EntityId, FieldType};
use kontor_records::Caller;

use crate::{
    import::{self, Import, ImportError, map::Existing, plan::map_of_header, report::Report},
    table::{Encoding, Table, TableError},
};

/// Why data of an app was not installed. What was written before stays and is skipped the next time.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file is no table.
    #[error("{file}: {}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Table {
        /// Path in the package.
        file: String,
        /// Everything that is wrong with it.
        errors: Vec<TableError>,
    },
    /// A file is named after no entity, or its entity has no unique field to know records again by.
    #[error("{0}: no entity of that name with a unique field")]
    NoEntity(String),
    /// The import did not run to its end.
    #[error("{file}: {error}")]
    Import {
        /// Path in the package.
        file: String,
        /// Why.
        error: Box<ImportError>,
    },
    /// Records were refused: data and definitions of the app do not agree.
    #[error("{file} line {line}: {message}")]
    Refused {
        /// Path in the package.
        file: String,
        /// First line that was refused.
        line: u64,
        /// Field, code and reason.
        message: String,
    },
}

/// Which data of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// What the app needs: currencies, units.
    Reference,
    /// Examples to try the app with.
    Sample,
}

impl Which {
    fn entity(self, path: &str) -> Option<&str> {
        let folder = match self {
            Self::Reference => "data/",
            Self::Sample => "data/sample/",
        };
        path.strip_prefix(folder)?.strip_suffix(".csv").filter(|name| !name.contains('/'))
    }
}

struct File<'a> {
    path: &'a str,
    entity: Arc<Entity>,
    table: Table,
}

/// Installs the data files of a package; blocks. `progress` hears the entity's name, rows done and rows in all.
pub fn install(
    tenant: &Arc<Tenant>,
    caller: &Caller,
    files: &BTreeMap<String, Vec<u8>>,
    which: Which,
    progress: &mut dyn FnMut(&str, usize, usize),
) -> Result<(), DataError> {
    let snapshot = tenant.snapshot();
    let mut waiting = Vec::new();
    for (path, bytes) in files {
        let Some(name) = which.entity(path) else { continue };
        let entity = snapshot.catalog.entity_named(name).ok_or_else(|| DataError::NoEntity(path.clone()))?;
        let table = Table::from_csv(bytes, Encoding::Utf8).map_err(|errors| DataError::Table { file: path.clone(), errors })?;
        waiting.push(File { path, entity: Arc::clone(entity), table });
    }
    for (number, file) in in_order(&snapshot.catalog, waiting).into_iter().enumerate() {
        // Ids come from the seed: every file has its own part of the numbers.
        let part = (u64::from(which == Which::Sample) << 16) | u64::try_from(number).unwrap_or_default();
        let caller = &Caller { seed: caller.seed ^ (part << 32), ..caller.clone() };
        let key = key(&file.entity, &file.table).ok_or_else(|| DataError::NoEntity(file.path.to_owned()))?;
        let map = map_of_header(&file.table, key, Existing::Skip);
        let import = Import { entity: file.entity.full_name(), table: file.table, map, dry_run: false, accept_duplicates: true };
        let name = file.entity.name.clone();
        let report = import::run(tenant, caller, import, &mut |done, all| progress(&name, done, all))
            .map_err(|error| DataError::Import { file: file.path.to_owned(), error: Box::new(error) })?;
        refused(file.path, &report)?;
    }
    Ok(())
}

fn refused(path: &str, report: &Report) -> Result<(), DataError> {
    let first = report.verdicts.iter().flat_map(|verdict| &verdict.errors).next();
    first.map_or(Ok(()), |error| {
        let message = format!("{} {}: {}", error.field, error.code, error.message.get("en").unwrap_or_default());
        Err(DataError::Refused { file: path.to_owned(), line: error.line, message })
    })
}

/// The first unique set of fields that the file fills.
fn key(entity: &Entity, table: &Table) -> Option<Vec<String>> {
    entity.unique.iter().find_map(|set| {
        let names: Option<Vec<String>> = set.iter().map(|id| entity.field(*id).map(|field| field.name.clone())).collect();
        names.filter(|names| names.iter().all(|name| table.header.contains(name)))
    })
}

/// Files whose references point to files before them; a circle is left in the order of the package.
fn in_order<'a>(catalog: &Catalog, mut waiting: Vec<File<'a>>) -> Vec<File<'a>> {
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let pending: HashSet<EntityId> = waiting.iter().map(|file| file.entity.id).collect();
        let free = waiting.iter().position(|file| {
            let needed = needs(catalog, file);
            needed.iter().all(|entity| *entity == file.entity.id || !pending.contains(entity))
        });
        ordered.push(waiting.remove(free.unwrap_or(0)));
    }
    ordered
}

/// The entities that the columns of a file refer to.
fn needs(catalog: &Catalog, file: &File<'_>) -> Vec<EntityId> {
    let mut found = Vec::new();
    for column in &file.table.header {
        let mut entity = &file.entity;
        for part in column.split('.') {
            let Some(field) = entity.field_named(part) else { break };
            let next = match (&field.ty, field.ty.reference()) {
                (FieldType::Lines { links: Some(target), .. }, _) => {
                    found.push(*target);
                    *target
                }
                (FieldType::Lines { entity, .. }, _) => *entity,
                (_, Some(target)) => {
                    found.push(target);
                    target
                }
                (_, None) => break,
            };
            let Some(next) = catalog.entity(next) else { break };
            entity = next;
        }
    }
    found
}
