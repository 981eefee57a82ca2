//! `/api/draft…`: the definitions as they shall become, for administrators.
use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use kontor_apps::{
    AppError, Defaults, DocumentKey, Outline, Publishing, Snapshot,
    draft::{self, DraftDocument, DraftState, Precondition},
};
use kontor_definitions::RecordId;
use kontor_storage::{PlanStep, Queue, Tx, system::publishing};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{answer, caller::Administrator, people, request::Request, route::Answer};
use crate::{
    engine::Engine,
    findings,
    language::Language,
    problem::{Code, Problem},
};

/// How long a request waits for a release at most; a larger one goes on and is asked for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Every document and how it differs from the live one.
pub(super) async fn list(_engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let draft = caller.0.tenant.db().read(draft::list).await.map_err(|error: AppError| error)?;
    let changed: Vec<String> =
        draft.entries.iter().filter(|entry| entry.state != DraftState::Unchanged).map(|entry| entry.key.to_string()).collect();
    let documents: Vec<Value> = draft
        .entries
        .iter()
        .map(|entry| {
            json!({
                "app": entry.key.app,
                "kind": entry.key.kind.name(),
                "name": entry.key.name,
                "etag": quoted(&entry.etag),
                "state": entry.state.name(),
            })
        })
        .collect();
    Ok(answer::json(&json!({
        "base_revision": draft.base_revision,
        "revision": draft.revision,
        "changed": changed,
        "documents": documents,
    })))
}

/// One document.
pub(super) async fn get(_engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let key = key(&request)?;
    let found = caller.0.tenant.db().read(move |tx| draft::get(tx, &key)).await.map_err(|error: AppError| error)?;
    Ok(document(StatusCode::OK, &found))
}

/// Stores a document.
pub(super) async fn put(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    request.demand_json()?;
    let (key, condition) = (key(&request)?, condition(&request));
    let text = String::from_utf8_lossy(&request.body).into_owned();
    let act = engine.act(caller.0.session.user);
    let job = move |tx: &mut Tx| draft::put(tx, act, &key, &text, &condition);
    let stored = caller.0.tenant.db().write(Queue::Interactive, job).await.map_err(|error| refused(error, &request))?;
    let status = if stored.state == DraftState::Added { StatusCode::CREATED } else { StatusCode::OK };
    Ok(document(status, &stored))
}

/// Removes a document.
pub(super) async fn delete(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let (key, condition) = (key(&request)?, condition(&request));
    let act = engine.act(caller.0.session.user);
    let job = move |tx: &mut Tx| draft::delete(tx, act, &key, &condition);
    caller.0.tenant.db().write(Queue::Interactive, job).await.map_err(|error: AppError| error)?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// Everything that is wrong with the draft.
pub(super) async fn check(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    request.members(&[])?;
    let tenant = caller.0.tenant;
    let found = engine.blocking(move || tenant.check_draft()).await?;
    Ok(answer::json(&json!({"findings": findings::json(&found, request.language)})))
}

/// What publishing the draft would do.
pub(super) async fn plan(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let tenant = caller.0.tenant;
    let outline = engine.blocking(move || tenant.plan_draft()).await?;
    Ok(answer::json(&shown(&outline, request.language)))
}

/// What making definitions live would do.
pub(super) fn shown(outline: &Outline, language: Language) -> Value {
    let steps: Vec<Value> = outline.plan.steps.iter().map(|step| shown_step(step, language)).collect();
    json!({"steps": steps, "findings": findings::json(&outline.findings, language)})
}

/// What a person says when publishing or restoring.
pub(super) struct Said {
    message: String,
    accept_loss: bool,
    defaults: Defaults,
}

impl Said {
    /// Reads the body of a request.
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        let members = request.members(&["message", "accept_loss", "defaults"])?;
        let message = members.text("message")?.unwrap_or_default().to_owned();
        Ok(Self { message, accept_loss: members.flag("accept_loss")?, defaults: members.texts("defaults")? })
    }

    /// The same for `apps`.
    pub(super) fn publishing(&self) -> Publishing<'_> {
        Publishing { message: &self.message, accept_loss: self.accept_loss, defaults: Some(&self.defaults) }
    }
}

/// Makes the draft live.
pub(super) async fn publish(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let said = Said::read(&request)?;
    let act = caller.0.act(&engine);
    let (tenant, backfill) = (caller.0.tenant, engine.backfill());
    released(engine.blocking_raw(move || tenant.publish_draft(said.publishing(), act, &backfill)), &request).await
}

/// Answers when a release is through, or that it goes on: its work does, whether or not somebody waits.
pub(super) async fn released(
    work: impl Future<Output = Result<Result<Arc<Snapshot>, AppError>, Problem>>,
    request: &Request,
) -> Answer {
    let Ok(done) = tokio::time::timeout(patience(request), work).await else {
        let mut answer = answer::json(&json!({"publishing": true}));
        *answer.status_mut() = StatusCode::ACCEPTED;
        return Ok(answer);
    };
    let snapshot = done?.map_err(|error| refused(error, request))?;
    Ok(answer::json(&json!({"revision": snapshot.revision})))
}

/// As long as the request prefers to wait (`Prefer: wait=5`, RFC 7240), where it says so.
fn patience(request: &Request) -> Duration {
    let preferred = request.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut waits = preferred.flat_map(|value| value.split([',', ';'])).filter_map(|one| one.trim().strip_prefix("wait="));
    let seconds = waits.next().and_then(|seconds| seconds.trim_matches('"').parse().ok());
    seconds.map_or(PATIENCE, |seconds| Duration::from_secs(seconds).min(PATIENCE))
}

/// The publish that is under way in phases, or how the last one ended.
pub(super) async fn publishing(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let read = |tx: &mut Tx| Ok::<_, AppError>(publishing::read(tx)?);
    let Some(publish) = caller.0.tenant.db().read(read).await? else {
        return Ok(answer::json(&json!({"publishing": null})));
    };
    let by = publish.begun_by;
    let names: HashMap<RecordId, String> = people::names(&engine, (&caller.0, request.language), vec![by]).await?;
    let problem: Value = publish.problem.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let told = problem.get("message").and_then(|message| message.get(request.language.tag()));
    let problem = problem.get("code").map_or(Value::Null, |code| json!({"code": code, "message": told}));
    Ok(answer::json(&json!({"publishing": {
        "revision": publish.revision,
        "phase": publish.phase.name(),
        "since": publish.begun_at.format(&Rfc3339).unwrap_or_default(),
        "by": {"id": by, "label": names.get(&by).cloned().unwrap_or_default()},
        "done": publish.done,
        "total": publish.total,
        "problem": problem,
    }})))
}

/// Throws every change away.
pub(super) async fn discard(_engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    request.members(&[])?;
    caller.0.tenant.db().write(Queue::Interactive, draft::discard).await.map_err(|error: AppError| error)?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// A refusal with its findings in the caller's language.
pub(super) fn refused(error: AppError, request: &Request) -> Problem {
    let found = match &error {
        AppError::Findings(found) => Some(findings::json(found, request.language)),
        _ => None,
    };
    let problem = Problem::from(error);
    match found {
        Some(found) => problem.member("findings", found),
        None => problem,
    }
}

fn key(request: &Request) -> Result<DocumentKey, Problem> {
    DocumentKey::of_names(request.part("app"), request.part("kind"), request.part("name"))
        .ok_or_else(|| Problem::new(Code::NotFound))
}

fn condition(request: &Request) -> Precondition {
    if request.header(header::IF_NONE_MATCH).is_some_and(|tag| tag.trim() == "*") {
        return Precondition::Absent;
    }
    match request.header(header::IF_MATCH).map(str::trim) {
        None | Some("*") => Precondition::None,
        Some(tag) => Precondition::Match(tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').to_owned()),
    }
}

fn document(status: StatusCode, document: &DraftDocument) -> Response<Body> {
    let response = answer::raw(status, HeaderValue::from_static("application/json"), document.text.to_string());
    answer::header(response, header::ETAG, &quoted(&document.etag))
}

fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// The action of a step stands in its own `type` tag; the API shows it as `action`.
fn shown_step(step: &PlanStep, language: Language) -> Value {
    let action = serde_json::to_value(&step.action).ok().and_then(|action| action.get("type").cloned());
    json!({
        "action": action,
        "entity": step.entity,
        "field": step.field,
        "rows": step.rows,
        "data_lost": step.data_lost,
        "reversible": step.reversible,
        "lock": step.lock.name(),
        "stall_ms": step.stall_ms,
        "text": language.pick(&step.text()),
    })
}
