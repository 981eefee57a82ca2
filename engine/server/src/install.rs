//! Installing an app: its definitions, then the data it brings along. The one way in for the demo, commands and HTTP.
use std::sync::Arc;

use kontor_apps::{Act, AppError, PackageProblem, Publishing, Snapshot, Tenant, package::Package};
use kontor_integrations::data::{self, Which};
use kontor_records::{Caller, Who};
use kontor_storage::{
    Queue,
    system::access_log::{self, Access, Kind as AccessKind},
};

use crate::engine::Engine;

/// Hears the entity's name, rows done and rows in all.
pub(crate) type Progress<'a> = dyn FnMut(&str, usize, usize) + 'a;

/// What is wanted besides the definitions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    /// The sample data, too.
    pub(crate) sample: bool,
    /// Values that a new type cannot keep may go.
    pub(crate) accept_loss: bool,
}

/// Installs a package with its reference data, and its sample data where asked for; blocks. Every step may be repeated.
pub(crate) fn install(
    engine: &Engine,
    tenant: &Arc<Tenant>,
    package: &Package,
    act: Act,
    how: How,
    progress: &mut Progress<'_>,
) -> Result<Arc<Snapshot>, AppError> {
    let publishing = Publishing { accept_loss: how.accept_loss, ..Publishing::default() };
    let snapshot = tenant.install_with(package, publishing, act, &engine.backfill())?;
    let (now, today) = engine.moment();
    let caller = Caller { who: Who::Engine(act.by), now, today, seed: act.seed ^ 2, locale: "zh-CN".to_owned() };
    for which in [Which::Reference, Which::Sample] {
        if which == Which::Reference || how.sample {
            data::install(tenant, &caller, &package.data, which, progress)
                .map_err(|error| AppError::Package(PackageProblem::Data(error.to_string())))?;
        }
    }
    note(tenant, act, AccessKind::Import, &package.app()?.0)?;
    Ok(snapshot)
}

/// Notes in the access log that the definitions of an app came in or went out; blocks.
pub(crate) fn note(tenant: &Tenant, act: Act, kind: AccessKind, app: &str) -> Result<(), AppError> {
    let noted = Access {
        made_at: act.at,
        kind,
        person: (!act.by.0.is_nil()).then_some(act.by),
        address: act.from.map(|address| address.to_string()).unwrap_or_default(),
        entity: None,
        record: None,
        number: None,
        detail: format!("app {app}"),
    };
    tenant.db().write_blocking::<_, AppError>(Queue::Interactive, move |tx| Ok(access_log::append(tx, &noted)?))?;
    Ok(())
}
