//! The whole import: mapping resolved, rows grouped, records written in small background jobs, one report.
use std::sync::Arc;

use kontor_apps::Tenant;
use kontor_records::{Caller, RecordsError, dry_run_blocking, read_blocking, write_blocking};
use kontor_storage::Queue;

use super::{
    chunk::{Job, Known},
    documents::{self, Document},
    map::ImportMap,
    plan::{self, MapError},
    report::Report,
};
use crate::table::Table;

/// A job writes about so many rows, so that people who wait are served in between.
const ROWS_PER_JOB: usize = 200;

/// Why an import did not begin or did not end. What was written before stays written and is found again by its key.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The entity does not exist, or not for this person.
    #[error("there is no entity {0}")]
    UnknownEntity(String),
    /// The mapping does not fit the definitions or the file; everything that is wrong with it.
    #[error("the mapping has {} findings", .0.len())]
    Map(Vec<MapError>),
    /// The records.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// What is imported.
#[derive(Debug)]
pub struct Import {
    /// The entity's name, as in the API.
    pub entity: String,
    /// The rows.
    pub table: Table,
    /// The mapping.
    pub map: ImportMap,
    /// Say what would be done, and write nothing.
    pub dry_run: bool,
    /// Write records that rules about duplicates warn of.
    pub accept_duplicates: bool,
}

/// Runs an import; blocks. `progress` hears after each job how many of how many rows are done.
pub fn run(
    tenant: &Arc<Tenant>,
    caller: &Caller,
    import: Import,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, ImportError> {
    let (job, documents, mut report) = prepare(tenant, caller, import)?;
    let job = Arc::new(job);
    let rows = job.table.rows.len();
    let mut known = Arc::new(Known::new());
    let mut done_rows = 0;
    for (number, part) in parts(&documents).into_iter().enumerate() {
        let caller = Caller { seed: caller.seed.wrapping_add(u64::try_from(number).unwrap_or_default()), ..caller.clone() };
        let counted: usize = part.iter().map(|document| document.rows.len()).sum();
        let (job, found, documents) = (Arc::clone(&job), Arc::clone(&known), part.to_vec());
        let work = move |session: &mut kontor_records::Session<'_>| job.run(session, &documents, &found);
        let done = if report.dry_run {
            dry_run_blocking(tenant, Queue::Background, caller, work)?
        } else {
            write_blocking(tenant, Queue::Background, caller, work)?
        };
        for (entity, count) in done.created {
            *report.created_references.entry(entity).or_default() += count;
        }
        done.verdicts.into_iter().for_each(|verdict| report.push(verdict));
        // Records that a dry run made are gone again; only those that were there may be remembered.
        if !report.dry_run {
            Arc::make_mut(&mut known).extend(done.found);
        }
        done_rows += counted;
        progress(done_rows, rows);
    }
    Ok(report)
}

fn prepare(tenant: &Arc<Tenant>, caller: &Caller, import: Import) -> Result<(Job, Vec<Document>, Report), ImportError> {
    let rights = read_blocking(tenant, caller.clone(), |session| Ok(Arc::clone(session.rights())))?;
    let snapshot = tenant.snapshot();
    let catalog = &snapshot.catalog;
    let unknown = || ImportError::UnknownEntity(import.entity.clone());
    let entity = catalog.entity_named(&import.entity).ok_or_else(unknown)?;
    // Lines come with their record; an entity that the person may neither make nor change does not exist for them.
    let reachable = [kontor_access::Action::Create, kontor_access::Action::Update];
    if entity.parent.is_some() || !reachable.iter().any(|action| kontor_access::decide(&rights, *action, entity.id).is_ok()) {
        return Err(unknown());
    }
    if let Some(named) = &import.map.entity
        && catalog.entity_named(named).is_none_or(|named| named.id != entity.id)
    {
        return Err(ImportError::Map(vec![MapError::other_entity(named)]));
    }
    let plan = plan::resolve(catalog, &rights, entity, &import.map, &import.table).map_err(ImportError::Map)?;
    let mut report = Report { dry_run: import.dry_run, rows: import.table.rows.len(), ..Report::default() };
    let documents = documents::group(&plan, &import.table, caller.today, &mut report);
    let job = Job {
        plan,
        entity: entity.full_name(),
        names: Job::names(catalog),
        table: import.table,
        today: caller.today,
        accept_duplicates: import.accept_duplicates,
    };
    Ok((job, documents, report))
}

/// Records put together as jobs of about [`ROWS_PER_JOB`] rows; a record is never cut.
fn parts(documents: &[Document]) -> Vec<&[Document]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut rows = 0;
    for (at, document) in documents.iter().enumerate() {
        rows += document.rows.len();
        if rows >= ROWS_PER_JOB {
            parts.extend(documents.get(start..=at));
            start = at + 1;
            rows = 0;
        }
    }
    parts.extend(documents.get(start..).filter(|rest| !rest.is_empty()));
    parts
}
