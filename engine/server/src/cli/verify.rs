//! `kontor verify`: looks at everything that is stored and tells what does not hold.
use clap::Args;
use kontor_definitions::RecordId;
use kontor_records::{
    Caller, RecordsError, Who,
    verify::{Breach, Report},
};
use kontor_storage::system::seal::Head;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Console, Outcome, app, open};
use crate::{
    config::Config,
    engine::Engine,
    files::{self, Look},
    jobs,
    language::Text,
};

/// Options of `verify`.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Only this tenant; without it every tenant
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// A seal that was kept elsewhere, as `kontor seal` prints it: it must be in the tenant's chain; may be given several times
    #[arg(long = "head", value_name = "NUMBER:HASH", requires = "tenant", value_parser = head)]
    heads: Vec<Head>,
    /// Do not read the contents of files: only look whether each is there with its size
    #[arg(long)]
    no_contents: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// `NUMBER:HASH`
fn head(text: &str) -> Result<Head, String> {
    let parts = text.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, hash)));
    let hash = |hash: &str| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    match parts {
        Some((number, text)) if number > 0 && hash(text) => Ok(Head { number, hash: text.to_owned() }),
        _ => Err("a number, a colon and 64 hexadecimal digits, as kontor seal prints them".to_owned()),
    }
}

/// Runs the command.
pub(super) fn run(console: Console, config: &Config, args: &VerifyArgs) -> Outcome {
    let engine = match open::engine(console, config) {
        Ok(engine) => engine,
        Err(outcome) => return outcome,
    };
    let cannot = |error: &dyn std::error::Error| {
        console.complain(Text("无法检查：{0}", "it cannot be verified: {0}"), &[&error.to_string()]);
        Outcome::Failed
    };
    let mut reports = match reports(console, &engine, args) {
        Ok(reports) => reports,
        Err(RecordsError::App(error)) => return app::complain(console, &error),
        Err(error) => return cannot(&error),
    };
    if let Err(error) = look_at_contents(&engine, args, &mut reports) {
        return cannot(error.as_ref());
    }
    if args.json {
        let tenants: Vec<Json> = reports.iter().map(|(name, report)| in_json(console, name, report)).collect();
        console.print(&json!({ "tenants": tenants }).to_string());
    } else {
        reports.iter().for_each(|(name, report)| tell(console, name, report));
    }
    if reports.iter().all(|(_, report)| report.is_clean()) { Outcome::Good } else { Outcome::Problems }
}

fn reports(console: Console, engine: &Engine, args: &VerifyArgs) -> Result<Vec<(String, Report)>, RecordsError> {
    let names = match &args.tenant {
        Some(name) => vec![name.clone()],
        None => engine.apps().list()?.into_iter().map(|tenant| tenant.name).collect(),
    };
    let mut reports = Vec::new();
    for name in names {
        let tenant = engine.apps().tenant_named(&name)?;
        let (now, today) = engine.moment();
        let locale = console.language.tag().to_owned();
        let caller = Caller { who: Who::Engine(RecordId(Uuid::nil())), now, today, seed: 0, locale };
        let heads = args.heads.clone();
        let mut report = kontor_records::read_blocking(&tenant, caller, move |session| session.verify_against(&heads))?;
        jobs::verify(engine, tenant.id(), &mut report).map_err(RecordsError::from)?;
        reports.push((name, report));
    }
    Ok(reports)
}

/// The contents of files, which the database does not keep.
fn look_at_contents(
    engine: &Engine,
    args: &VerifyArgs,
    reports: &mut [(String, Report)],
) -> Result<(), Box<dyn std::error::Error>> {
    let look = if args.no_contents { Look::Size } else { Look::Bytes };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for (name, report) in reports {
        // Finding a tenant blocks, which the runtime does not allow inside.
        let tenant = engine.apps().tenant_named(name)?;
        runtime.block_on(files::verify(engine, &tenant, (look, engine.now()), report))?;
    }
    Ok(())
}

fn in_json(console: Console, name: &str, report: &Report) -> Json {
    let breaches: Vec<Json> = report.breaches.iter().map(|breach| breach_json(console, breach)).collect();
    let counts: serde_json::Map<String, Json> =
        report.counts.iter().map(|(invariant, count)| (invariant.name().to_owned(), json!(count))).collect();
    json!({
        "tenant": name, "clean": report.is_clean(), "records": report.records, "revisions": report.revisions,
        "errors": report.errors, "counts": counts, "breaches": breaches,
    })
}

fn breach_json(console: Console, breach: &Breach) -> Json {
    json!({
        "invariant": breach.invariant.name(),
        "severity": if breach.is_error { "error" } else { "notice" },
        "entity": breach.entity,
        "record": breach.record.map(|record| record.to_string()),
        "field": breach.field,
        "message": console.language.pick(&breach.message),
    })
}

fn tell(console: Console, name: &str, report: &Report) {
    for breach in &report.breaches {
        let severity = if breach.is_error { Text("错误", "error") } else { Text("提示", "notice") };
        let mut place: Vec<String> = breach.entity.iter().cloned().collect();
        place.extend(breach.record.map(|record| record.to_string()));
        place.extend(breach.field.clone());
        let (severity, message) = (console.language.of(severity), console.language.pick(&breach.message));
        console.print(&format!("{name}: {} {severity} {}: {message}", breach.invariant.name(), place.join(" ")));
    }
    let all: u64 = report.counts.values().sum();
    let told = u64::try_from(report.breaches.len()).unwrap_or(u64::MAX);
    if all > told {
        let more = (all - told).to_string();
        console.tell(
            Text("{0}：另有 {1} 个同类问题未逐一列出。", "{0}: {1} more of the same kinds are not listed."),
            &[name, &more],
        );
    }
    let (records, revisions) = (report.records.to_string(), report.revisions.to_string());
    let text = if report.is_clean() {
        Text("{0}：{1} 条记录、{2} 条修改记录，数据完好。", "{0}: {1} records, {2} revisions in history: everything holds.")
    } else {
        Text("{0}：{1} 条记录、{2} 条修改记录，发现错误。", "{0}: {1} records, {2} revisions in history: data is wrong.")
    };
    console.tell(text, &[name, &records, &revisions]);
}
