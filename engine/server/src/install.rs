//! Installing an app: its definitions, then the data it brings along. The one way in for the demo, commands and HTTP.
use std::sync::Arc;

use kontor_apps::{Act, AppError, PackageProblem, Publishing, Snapshot, Tenant, package::Package};
use kontor_integrations::data::{self, Which};
use kontor_records::{Caller, Who};

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
    Ok(snapshot)
}
