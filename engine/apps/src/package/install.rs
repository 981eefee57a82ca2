//! Installing a package into a tenant, and taking an app out as one.
use std::sync::Arc;

use kontor_definitions::{check::canonical, model::Kind, source::AppSource};
use kontor_storage::{
    Tx,
    system::package::{self as stored, PackageDocument},
};

use super::Package;
use crate::{
    act::Act,
    backfill::Backfill,
    compile::compile,
    draft::{self, Draft},
    error::{AppError, PackageProblem},
    outline::Outline,
    release::{Candidate, Publishing, release},
    snapshot::Snapshot,
    sources::{DocumentKey, Sources},
    tenant::Tenant,
};

impl Tenant {
    /// Installs an app, or a newer version of one whose documents this tenant has not changed. Installing what is
    /// installed already changes nothing. Its data files are the caller's to import. Blocks.
    pub fn install(&self, package: &Package, act: Act, backfill: &Arc<dyn Backfill>) -> Result<Arc<Snapshot>, AppError> {
        self.install_with(package, Publishing::default(), act, backfill)
    }

    /// The same where a newer version may take values with it that a new type cannot keep. The message is its own.
    pub fn install_with(
        &self,
        package: &Package,
        publishing: Publishing<'_>,
        act: Act,
        backfill: &Arc<dyn Backfill>,
    ) -> Result<Arc<Snapshot>, AppError> {
        let (app, version) = package.app()?;
        let sources = self.with_package(package, &app)?;
        let snapshot = self.snapshot();
        if *sources.0 == *snapshot.sources && sources.1 == snapshot.revision {
            return Ok(snapshot);
        }
        let candidate = Candidate {
            sources: sources.0,
            on: sources.1,
            draft: None,
            message: format!("{app} {version}"),
            restored_from: None,
            installed: Some((app, version)),
            accept_loss: publishing.accept_loss,
        };
        release(self, candidate, act, backfill)
    }

    /// What installing a package would do. Blocks.
    pub fn plan_install(&self, package: &Package) -> Result<Outline, AppError> {
        let (app, _) = package.app()?;
        let (sources, live) = self.with_package(package, &app)?;
        let retired = self.db().read_blocking(draft::retired)?;
        self.outline(live, compile(sources, &retired))
    }

    /// The live documents with those of the package in place of the app's, and the revision they stand on.
    fn with_package(&self, package: &Package, app: &str) -> Result<(Arc<Sources>, i64), AppError> {
        if app == "base" {
            return Err(PackageProblem::Base.into());
        }
        let documents = documents(app, &package.source)?;
        let name = app.to_owned();
        let (draft, installed) = self.db().read_blocking(move |tx| read(tx, &name))?;
        if draft.is_changed() {
            return Err(PackageProblem::InDraft.into());
        }
        untouched(app, &draft.live, &documents, installed.as_deref())?;
        let mut sources = Sources::clone(&draft.live);
        sources.remove_app(app);
        for (key, text) in documents.iter() {
            sources.insert(key.clone(), Arc::clone(text));
        }
        Ok((Arc::new(sources), draft.revision))
    }
}

/// The documents of an app of a snapshot as a package.
pub(super) fn export(snapshot: &Snapshot, app: &str) -> Result<Package, AppError> {
    if !snapshot.sources.has_app(app) {
        return Err(AppError::UnknownApp(app.to_owned()));
    }
    let mut package = Package::default();
    for (key, text) in snapshot.sources.of(app) {
        package.source.files.insert(key.path(), text.to_string());
    }
    Ok(package.sorted())
}

fn read(tx: &mut Tx, app: &str) -> Result<(Draft, Option<Vec<PackageDocument>>), AppError> {
    let draft = draft::read(tx)?;
    let installed = match stored::version(tx, app)? {
        Some(_) => Some(stored::documents(tx, app)?),
        None => None,
    };
    Ok((draft, installed))
}

/// The documents of a package in canonical form. What does not parse stays as it is: the check tells.
fn documents(app: &str, source: &AppSource) -> Result<Sources, AppError> {
    let mut sources = Sources::default();
    for (path, text) in &source.files {
        let (kind, name) = Kind::of_path(path).ok_or_else(|| PackageProblem::Stray(path.clone()))?;
        let (value, findings) = kontor_definitions::check::document(kind, path, text);
        let text = match value {
            Some(value) if findings.is_empty() => {
                canonical(kind, &value).map_err(|error| AppError::Bug(format!("a document cannot be written: {error}")))?
            }
            Some(_) | None => text.clone(),
        };
        sources.insert(DocumentKey::new(app, kind, name), text.into());
    }
    Ok(sources)
}

/// Refuses to replace an app that the tenant made or changed, unless the package brings just what is there.
fn untouched(app: &str, live: &Sources, coming: &Sources, installed: Option<&[PackageDocument]>) -> Result<(), AppError> {
    if !live.has_app(app) || live.of(app).eq(coming.of(app)) {
        return Ok(());
    }
    let installed = installed.ok_or(PackageProblem::Foreign)?;
    let mut base = Sources::default();
    for document in installed {
        if let Some(key) = DocumentKey::of_names(app, &document.kind, &document.name) {
            base.insert(key, document.body.as_str().into());
        }
    }
    let mut present = Sources::default();
    for (key, text) in live.of(app) {
        present.insert(key.clone(), Arc::clone(text));
    }
    let changed = crate::revisions::between(&base, &present);
    if changed.is_empty() {
        return Ok(());
    }
    Err(PackageProblem::Changed(changed.iter().map(|change| change.key.path()).collect()).into())
}
