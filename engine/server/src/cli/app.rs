//! `kontor app …`: apps as folders and packages.
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use kontor_apps::{
    AppError, PackageProblem, Sources, base, compile,
    package::{self, Package, folder, kapp},
};
use kontor_definitions::{
    DefId,
    check::{canonical, ids, schema},
    model::Kind,
};
use kontor_storage::{Kind as ErrorKind, system::access_log::Kind as AccessKind};

use super::{
    Console, Outcome, findings, open,
    purge::{self, PurgeArgs},
    reason,
};
use crate::{
    config::Config,
    engine::Engine,
    install::{self, How},
    language::Text,
};

/// What can be done with apps.
#[derive(Debug, Subcommand)]
pub(super) enum AppCommand {
    /// Check an app folder and list everything that is wrong with it
    Check(CheckArgs),
    /// Install an app into a tenant, from a folder or a package
    Install(InstallArgs),
    /// Show what the definitions of a tenant no longer use, or remove it for good
    Purge(PurgeArgs),
    /// Write the apps of a tenant as folders
    Export(ExportArgs),
    /// Pack an app folder into one file
    Pack(PackArgs),
    /// Write the JSON Schemas of all kinds of documents, for editors
    Schema(SchemaArgs),
}

/// Options of `app check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The app folder, which holds app.json
    dir: PathBuf,
    /// Add missing ids and write every document in its canonical form first
    #[arg(long)]
    fix: bool,
    /// Print findings as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `app install`.
#[derive(Debug, Args)]
pub(super) struct InstallArgs {
    /// An app folder or a .kapp file
    app: PathBuf,
    /// The tenant's name
    #[arg(long)]
    tenant: String,
    /// Values that a new type cannot keep may go from the records; restoring an older revision brings them back
    #[arg(long)]
    accept_loss: bool,
}

/// Options of `app export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The tenant's name
    #[arg(long)]
    tenant: String,
    /// Only this app, straight into the folder; without it every app into a folder of its own
    #[arg(long)]
    app: Option<String>,
    /// Folder to write into
    #[arg(short, long = "output", value_name = "DIR")]
    output: PathBuf,
}

/// Options of `app pack`.
#[derive(Debug, Args)]
pub(super) struct PackArgs {
    /// The app folder
    dir: PathBuf,
    /// The package to write
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
}

/// Options of `app schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Folder to write into
    #[arg(short, long = "output", value_name = "DIR")]
    output: PathBuf,
}

/// Runs the command.
pub(super) fn run(console: Console, config: &Config, command: AppCommand) -> Outcome {
    let done = match command {
        AppCommand::Check(args) => check(console, &args),
        AppCommand::Install(args) => install(console, config, &args),
        AppCommand::Purge(args) => open(console, config).and_then(|engine| Ok(purge::run(console, &engine, &args)?)),
        AppCommand::Export(args) => export(console, config, &args),
        AppCommand::Pack(args) => pack(console, &args),
        AppCommand::Schema(args) => write_schemas(&args.output).map(|()| Outcome::Good),
    };
    done.unwrap_or_else(|failure| match failure {
        Failure::Told(outcome) => outcome,
        Failure::App(error) => complain(console, &error),
    })
}

/// Why a command did not come to its end.
enum Failure {
    /// The person has been told already.
    Told(Outcome),
    App(AppError),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

/// One clear line for an error of `apps`; what the command ends with.
pub(super) fn complain(console: Console, error: &AppError) -> Outcome {
    if let AppError::Storage(error) = error {
        console.complain(Text("{0}", "{0}"), &[&reason::of_store(console, error)]);
        return Outcome::Failed;
    }
    let message = error.message();
    if message.is_empty() {
        console.complain(Text("{0}", "{0}"), &[&error.to_string()]);
        return Outcome::Failed;
    }
    console.complain(Text("{0}", "{0}"), &[console.language.pick(&message)]);
    if let AppError::Findings(found) = error {
        findings::print(console, Path::new(""), found, false);
    }
    match error.kind() {
        ErrorKind::Invalid | ErrorKind::Malformed => Outcome::Problems,
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Stale
        | ErrorKind::Limit
        | ErrorKind::Unavailable
        | ErrorKind::Bug => Outcome::Failed,
    }
}

fn check(console: Console, args: &CheckArgs) -> Result<Outcome, Failure> {
    let mut package = folder::read(&args.dir)?;
    if args.fix {
        fix(console, &mut package, &args.dir)?;
    }
    let name = package.app().map_or_else(|_no_name| "app".to_owned(), |(name, _)| name);
    let mut sources = Sources::of_app("base", base());
    for (key, text) in Sources::of_app(&name, &package.source).iter() {
        sources.insert(key.clone(), Arc::clone(text));
    }
    let mut found = compile(Arc::new(sources), &BTreeMap::new()).findings;
    found.retain(|finding| !finding.file.starts_with("base/"));
    Ok(findings::print(console, &args.dir, &found, args.json))
}

/// Adds missing ids and writes canonical text; documents that cannot be read are left to the check.
fn fix(console: Console, package: &mut Package, dir: &Path) -> Result<(), AppError> {
    let mut documents = Vec::new();
    let mut taken: HashSet<DefId> = HashSet::new();
    for (path, text) in &package.source.files {
        let Some((kind, _)) = Kind::of_path(path) else { continue };
        if let (Some(value), found) = kontor_definitions::check::document(kind, path, text)
            && !found.iter().any(|finding| finding.code == "duplicate_key")
        {
            taken.extend(ids::used(kind, &value));
            documents.push((path.clone(), kind, value));
        }
    }
    for (path, kind, mut value) in documents {
        let added = ids::add_missing(kind, &mut value, &mut taken, &mut rand::random);
        let text = canonical(kind, &value).map_err(|error| AppError::Bug(format!("{path} cannot be written: {error}")))?;
        if package.source.files.get(&path) != Some(&text) {
            write(&dir.join(&path), text.as_bytes())?;
            console.tell(Text("已整理 {0}（新增 {1} 个 id）。", "mended {0} ({1} ids added)"), &[&path, &added.to_string()]);
            package.source.files.insert(path, text);
        }
    }
    Ok(())
}

fn install(console: Console, config: &Config, args: &InstallArgs) -> Result<Outcome, Failure> {
    let package = read(&args.app)?;
    let (app, version) = package.app()?;
    let engine = open(console, config)?;
    let tenant = engine.apps().tenant_named(&args.tenant)?;
    let mut progress = console.progress();
    let snapshot = install::install(
        &engine,
        &tenant,
        &package,
        engine.own_act(),
        How { accept_loss: args.accept_loss, ..How::default() },
        &mut *progress,
    )?;
    drop(progress);
    console.tell(
        Text("已在租户“{0}”安装 {1} {2}（第 {3} 号版本）。", "Installed {1} {2} in the tenant {0} (revision {3})."),
        &[&args.tenant, &app, &version, &snapshot.revision.to_string()],
    );
    Ok(Outcome::Good)
}

fn export(console: Console, config: &Config, args: &ExportArgs) -> Result<Outcome, Failure> {
    let engine = open(console, config)?;
    let tenant = engine.apps().tenant_named(&args.tenant)?;
    let snapshot = tenant.snapshot();
    let apps: Vec<(String, PathBuf)> = match &args.app {
        Some(app) => vec![(app.clone(), args.output.clone())],
        None => snapshot.catalog.apps.keys().map(|app| (app.clone(), args.output.join(app))).collect(),
    };
    for (app, target) in apps {
        folder::write(&package::export(&snapshot, &app)?, &target)?;
        install::note(&tenant, engine.own_act(), AccessKind::Export, &app)?;
        console.tell(Text("{0} 已写入 {1}。", "wrote {0} to {1}"), &[&app, &target.display().to_string()]);
    }
    Ok(Outcome::Good)
}

fn pack(console: Console, args: &PackArgs) -> Result<Outcome, Failure> {
    let package = folder::read(&args.dir)?;
    package.app()?;
    write(&args.output, &kapp::write(&package)?)?;
    console.tell(Text("已写入 {0}。", "wrote {0}"), &[&args.output.display().to_string()]);
    Ok(Outcome::Good)
}

fn write_schemas(output: &Path) -> Result<(), Failure> {
    for kind in Kind::ALL {
        let text = format!("{:#}\n", schema(kind));
        write(&output.join(format!("{}.json", kind.name())), text.as_bytes())?;
    }
    Ok(())
}

/// A folder or a package.
fn read(path: &Path) -> Result<Package, AppError> {
    if path.is_dir() {
        return folder::read(path);
    }
    let bytes = fs::read(path).map_err(|error| disk(path, &error))?;
    kapp::read(&bytes)
}

fn open(console: Console, config: &Config) -> Result<Engine, Failure> {
    open::engine(console, config).map_err(Failure::Told)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, bytes)).map_err(|error| disk(path, &error))
}

fn disk(path: &Path, error: &std::io::Error) -> AppError {
    PackageProblem::Disk(format!("{}: {error}", path.display())).into()
}
