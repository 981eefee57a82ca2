//! `/api/revisions…`: what was live when, what changed, and bringing an old revision back; for administrators.
use std::{collections::HashMap, sync::Arc};

use kontor_apps::{AppError, revisions};
use kontor_definitions::RecordId;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{
    answer,
    caller::Administrator,
    draft::{Said, released, shown},
    people,
    request::{Request, bad_parameter},
    route::Answer,
};
use crate::{
    engine::Engine,
    language::Text,
    problem::{Code, Problem},
};

/// Every revision, newest first.
pub(super) async fn list(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let (all, live) = caller.0.tenant.db().read(revisions::list).await.map_err(|error: AppError| error)?;
    let ids: Vec<RecordId> = all.iter().map(|revision| RecordId(revision.made_by)).collect();
    let names: HashMap<RecordId, String> = people::names(&engine, (&caller.0, request.language), ids).await?;
    let items: Vec<Value> = all
        .iter()
        .map(|revision| {
            let by = RecordId(revision.made_by);
            json!({
                "revision": revision.revision,
                "at": revision.made_at.format(&Rfc3339).unwrap_or_default(),
                "by": {"id": by, "label": names.get(&by).cloned().unwrap_or_default()},
                "message": revision.message,
                "live": revision.revision == live,
                "restored_from": revision.restored_from,
            })
        })
        .collect();
    Ok(answer::json(&json!({"items": items})))
}

/// What changed.
pub(super) async fn diff(_engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    let query = request.query(&["against"])?;
    let number = number(&request)?;
    let against = match query.get("against") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_not_a_number| {
            bad_parameter("against", Text("须为版本号。", "It must be the number of a revision.").with(&[]))
        })?),
    };
    let read = caller.0.tenant.db().read(move |tx| revisions::diff(tx, number, against));
    let changes = read.await.map_err(|error: AppError| error)?;
    let documents: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({
                "app": change.key.app,
                "kind": change.key.kind.name(),
                "name": change.key.name,
                "state": change.state(),
                "before": parsed(change.before.as_deref()),
                "after": parsed(change.after.as_deref()),
            })
        })
        .collect();
    Ok(answer::json(&json!({"documents": documents})))
}

/// What bringing an old revision back would do.
pub(super) async fn plan(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let number = number(&request)?;
    let tenant = caller.0.tenant;
    let outline = engine.blocking(move || tenant.plan_restore(number)).await?;
    Ok(answer::json(&shown(&outline, request.language)))
}

/// Makes an old revision live again, as a new one.
pub(super) async fn restore(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let number = number(&request)?;
    let said = Said::read(&request)?;
    let act = caller.0.act(&engine);
    let (tenant, backfill) = (caller.0.tenant, engine.backfill());
    released(engine.blocking_raw(move || tenant.restore(number, said.publishing(), act, &backfill)), &request).await
}

/// The number in the path; anything else names no revision.
fn number(request: &Request) -> Result<i64, Problem> {
    request.part("n").parse().map_err(|_not_a_number| Problem::new(Code::NotFound))
}

/// A document as JSON; what does not parse is shown as text.
fn parsed(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_as_text| json!(text)))
}
