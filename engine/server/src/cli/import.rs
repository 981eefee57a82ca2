//! `kontor import`: rows of a file as records, with a mapping, a dry run and a verdict per record.
use std::{fs, path::PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kontor_apps::Tenant;
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{
        self, Import, ImportError,
        map::{Existing, ImportMap},
        plan::map_of_header,
        report::Report,
    },
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who};
use kontor_storage::{
    Queue, StorageError,
    system::access_log::{self, Access, Kind},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Console, Outcome, open, reason};
use crate::{config::Config, language::Text};

/// Options of `import`.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Entity the rows become records of: `order`, `trade.order`
    entity: String,
    /// A CSV file whose first line names the columns
    file: PathBuf,
    /// The tenant's name
    #[arg(long)]
    tenant: String,
    /// Which column fills which field; without it every column is headed by the field it fills
    #[arg(long, value_name = "MAP.json")]
    map: Option<PathBuf>,
    /// Fields that tell whether a record exists; for files without a mapping
    #[arg(long, value_delimiter = ',', value_name = "FIELD,…", conflicts_with = "map")]
    key: Vec<String>,
    /// What happens to records that exist; overrides the mapping
    #[arg(long, value_enum)]
    existing: Option<ExistingArg>,
    /// Encoding of the file: utf-8, gb18030, windows-1252
    #[arg(long, default_value = "utf-8")]
    encoding: String,
    /// Write records that a rule about duplicates warns of; without it their rows are refused
    #[arg(long)]
    accept_duplicates: bool,
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the verdicts to this file: CSV, or JSON if it is called .json
    #[arg(long, value_name = "OUT")]
    report: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// What happens to records that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ExistingArg {
    /// Refuse the row
    Error,
    /// Leave them as they are
    Skip,
    /// Change them to what the file says
    Update,
}

impl From<ExistingArg> for Existing {
    fn from(arg: ExistingArg) -> Self {
        match arg {
            ExistingArg::Error => Self::Error,
            ExistingArg::Skip => Self::Skip,
            ExistingArg::Update => Self::Update,
        }
    }
}

/// Runs the command: as the engine, since whoever can read the data directory can do everything anyway.
pub(super) fn run(console: Console, config: &Config, args: &ImportArgs) -> Outcome {
    let (table, map) = match inputs(console, args) {
        Ok(inputs) => inputs,
        Err(outcome) => return outcome,
    };
    let (engine, tenant) = match open::tenant(console, config, &args.tenant) {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let (now, today) = engine.moment();
    let caller = Caller {
        who: Who::Engine(RecordId(Uuid::nil())),
        now,
        today,
        seed: rand::random(),
        locale: console.language.tag().to_owned(),
    };
    let rows = u64::try_from(table.rows.len()).unwrap_or(u64::MAX);
    let bar = if console.is_watched() { ProgressBar::new(rows) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    let import =
        Import { entity: args.entity.clone(), table, map, dry_run: args.dry_run, accept_duplicates: args.accept_duplicates };
    let answer = import::run(&tenant, &caller, import, &mut |done, _| bar.set_position(u64::try_from(done).unwrap_or(rows)));
    bar.finish_and_clear();
    let wrote = !args.dry_run && matches!(answer, Ok(_) | Err(ImportError::Records(_)));
    let noted = if wrote { note(&tenant, args, answer.as_ref().ok(), now) } else { Ok(()) };
    match (answer, noted) {
        (Err(error), _) => failed(console, &error),
        (Ok(report), Ok(())) => tell(console, args, &report),
        (Ok(_), Err(error)) => {
            let why = reason::of_store(console, &error);
            console.complain(Text("无法写入访问日志：{0}", "the access log cannot be written: {0}"), &[&why]);
            Outcome::Failed
        }
    }
}

/// Notes the import in the tenant's access log; one that was interrupted has written what it had written.
fn note(tenant: &Tenant, args: &ImportArgs, report: Option<&Report>, now: OffsetDateTime) -> Result<(), StorageError> {
    let snapshot = tenant.snapshot();
    let noted = Access {
        made_at: now,
        kind: Kind::Import,
        person: None,
        address: String::new(),
        entity: snapshot.catalog.entity_named(&args.entity).map(|entity| entity.id),
        record: None,
        number: report.and_then(|report| i64::try_from(report.created + report.updated).ok()),
        detail: if report.is_some() { String::new() } else { "interrupted".to_owned() },
    };
    tenant.db().write_blocking(Queue::Interactive, move |tx| access_log::append(tx, &noted))
}

fn inputs(console: Console, args: &ImportArgs) -> Result<(Table, ImportMap), Outcome> {
    let Some(encoding) = Encoding::named(&args.encoding) else {
        console.complain(
            Text(
                "未知的编码“{0}”；可用 utf-8、gb18030、windows-1252。",
                "unknown encoding \"{0}\"; there are utf-8, gb18030 and windows-1252",
            ),
            &[&args.encoding],
        );
        return Err(Outcome::Usage);
    };
    let bytes = read(console, &args.file)?;
    let table = Table::from_csv(&bytes, encoding).map_err(|errors| {
        for error in errors.iter().take(20) {
            console.complain(Text("{0}", "{0}"), &[console.language.pick(&error.message())]);
        }
        Outcome::Problems
    })?;
    let mut map = match &args.map {
        Some(path) => {
            let bytes = read(console, path)?;
            serde_json::from_slice::<ImportMap>(&bytes).map_err(|error| {
                let place = path.display().to_string();
                console.complain(Text("{0} 不是映射文件：{1}", "{0} is no mapping: {1}"), &[&place, &error.to_string()]);
                Outcome::Usage
            })?
        }
        None => map_of_header(&table, args.key.clone(), Existing::Error),
    };
    if let Some(existing) = args.existing {
        map.existing = existing.into();
    }
    Ok((table, map))
}

fn read(console: Console, path: &PathBuf) -> Result<Vec<u8>, Outcome> {
    fs::read(path).map_err(|error| {
        let place = path.display().to_string();
        console.complain(Text("无法读取 {0}：{1}", "{0} cannot be read: {1}"), &[&place, &error.to_string()]);
        Outcome::Failed
    })
}

fn tell(console: Console, args: &ImportArgs, report: &Report) -> Outcome {
    let json = || serde_json::to_string_pretty(report).unwrap_or_default();
    if let Some(path) = &args.report {
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        let text = if is_json { json() } else { report.to_csv(console.language.tag()) };
        if let Err(error) = fs::write(path, text) {
            let place = path.display().to_string();
            console.complain(Text("无法写入 {0}：{1}", "{0} cannot be written: {1}"), &[&place, &error.to_string()]);
            return Outcome::Failed;
        }
    }
    if args.json {
        console.print(&json());
    } else {
        summary(console, report);
    }
    if report.failed == 0 { Outcome::Good } else { Outcome::Problems }
}

fn summary(console: Console, report: &Report) {
    let numbers = [report.rows, report.created, report.updated, report.skipped, report.failed].map(|number| number.to_string());
    let head = if report.dry_run {
        Text(
            "试运行：{0} 行；将新建 {1}，更新 {2}，跳过 {3}，拒绝 {4} 条记录。",
            "Dry run: {0} rows; {1} records would be created, {2} updated, {3} skipped, {4} refused.",
        )
    } else {
        Text(
            "{0} 行；新建 {1}，更新 {2}，跳过 {3}，拒绝 {4} 条记录。",
            "{0} rows; {1} records created, {2} updated, {3} skipped, {4} refused.",
        )
    };
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    console.print(console.language.pick(&head.with(&numbers)));
    for (entity, count) in &report.created_references {
        let line = Text("  为引用新建 {0}：{1}", "  made for references, {0}: {1}").with(&[entity, &count.to_string()]);
        console.print(console.language.pick(&line));
    }
    for (code, odd) in &report.odd {
        let lines = odd.lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let line = Text("  异常 {0}：{1} 次（行 {2} …）", "  odd, {0}: {1} times (lines {2} …)");
        console.print(console.language.pick(&line.with(&[code, &odd.count.to_string(), &lines])));
    }
    for verdict in report.verdicts.iter().filter(|verdict| !verdict.errors.is_empty()).take(20) {
        for error in &verdict.errors {
            let message = console.language.pick(&error.message);
            console.print(&format!("  {}: {} {} {}: {message}", error.line, verdict.key, error.field, error.code));
        }
    }
}

fn failed(console: Console, error: &ImportError) -> Outcome {
    match error {
        ImportError::UnknownEntity(name) => {
            console.complain(Text("没有实体“{0}”。", "there is no entity \"{0}\""), &[name]);
            Outcome::Usage
        }
        ImportError::Map(errors) => {
            for error in errors {
                console.complain(Text("{0}：{1}", "{0}: {1}"), &[&error.place, console.language.pick(&error.message)]);
            }
            Outcome::Usage
        }
        ImportError::Records(error) => {
            let text = Text(
                "导入中断：{0}。已写入的记录保留，可用 --key 和 --existing skip 接着导入。",
                "the import was interrupted: {0}; what was written stays, import the rest with --key and --existing skip",
            );
            console.complain(text, &[&reason::of_records(console, error)]);
            Outcome::Failed
        }
    }
}
