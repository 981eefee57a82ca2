//! `/api/records/…`: every read and write of business data over HTTP.
use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use kontor_records::{Doing, IdempotencyKey, Input, RecordsError, Session, Shown, guards};
use kontor_storage::{GuardKey, Queue};
use sha2::{Digest as _, Sha256};
use time_tz::TimeZone as _;

use super::{
    answer,
    caller::{Administrator, SignedIn},
    request::Request,
    route::Answer,
    work::{read, write, write_guarded},
};
use crate::{
    engine::Engine,
    language::Text,
    problem::{Code, Issue, Problem},
    sign_in::secret,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest idempotency key.
const KEY_LENGTH: usize = 255;
/// A batch up to so many bytes is as urgent as a single record.
const SMALL_BATCH: usize = 64 * 1024;

/// A page of records.
pub(super) async fn list(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let (entity, params) = (request.part("entity").to_owned(), request.params()?);
    Ok(body(StatusCode::OK, read(&engine, (&caller, request.language), move |session| session.list(&entity, &params)).await?))
}

/// Records of all entities in which words are found.
pub(super) async fn search(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let params = request.params()?;
    Ok(body(StatusCode::OK, read(&engine, (&caller, request.language), move |session| session.search(&params)).await?))
}

/// Groups with measures.
pub(super) async fn aggregate(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let (entity, params) = (request.part("entity").to_owned(), request.params()?);
    let zone = engine.config().zone.name();
    Ok(body(
        StatusCode::OK,
        read(&engine, (&caller, request.language), move |session| session.aggregate(&entity, &params, zone)).await?,
    ))
}

/// One record.
pub(super) async fn get(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let ((entity, id), params) = (named(&request), request.params()?);
    let shown = read(&engine, (&caller, request.language), move |session| session.get(&entity, &id, &params)).await?;
    Ok(tagged(StatusCode::OK, shown))
}

/// What happened to a record.
pub(super) async fn history(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let ((entity, id), params) = (named(&request), request.params()?);
    Ok(body(
        StatusCode::OK,
        read(&engine, (&caller, request.language), move |session| session.history(&entity, &id, &params)).await?,
    ))
}

/// That a revision of a record is sealed; for administrators.
pub(super) async fn proof(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let (entity, id) = named(&request);
    let revision = request.part("revision").parse().map_err(|_not_a_number| Problem::new(Code::NotFound))?;
    let job = move |session: &mut Session<'_>| session.proof(&entity, &id, revision);
    Ok(body(StatusCode::OK, read(&engine, (&caller.0, request.language), job).await?))
}

/// Makes a record.
pub(super) async fn create(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let accept = accepted(&request)?;
    let (entity, input) = (request.part("entity").to_owned(), request.input()?);
    let place = format!("/api/records/{entity}/");
    let guards = guards(&caller.tenant, &entity, Doing::Creates, Some(&input));
    let job = move |session: &mut Session<'_>| accepting(session, accept).create(&entity, &input);
    let shown = once(&engine, &caller, &request, &guards, job).await?;
    let location = format!("{place}{}", shown.id);
    Ok(answer::header(tagged(StatusCode::CREATED, shown), header::LOCATION, &location))
}

/// Changes a record.
pub(super) async fn update(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let accept = accepted(&request)?;
    let ((entity, id), input, known) = (named(&request), request.input()?, request.if_match()?);
    let guards = guards(&caller.tenant, &entity, Doing::Changes(&id), Some(&input));
    let job = move |session: &mut Session<'_>| accepting(session, accept).update(&entity, &id, &input, known);
    let shown = once(&engine, &caller, &request, &guards, job).await?;
    Ok(tagged(StatusCode::OK, shown))
}

/// Archives a record or, with `purge=true`, removes an archived one for good.
pub(super) async fn archive(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let purge = request.query(&["purge"])?.flag("purge")?;
    let ((entity, id), known, key) = (named(&request), request.if_match()?, key(&request)?);
    let guards = guards(&caller.tenant, &entity, Doing::Changes(&id), None);
    let job = move |session: &mut Session<'_>| {
        session.once(key.as_ref(), |session| {
            let done = if purge { session.purge(&entity, &id, known) } else { session.archive(&entity, &id, known) };
            done.map(|()| String::new())
        })
    };
    write_guarded(&engine, (&caller, request.language), (Queue::Interactive, &guards), job).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// Brings a record back from the archive.
pub(super) async fn unarchive(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let accept = accepted(&request)?;
    let ((entity, id), known) = (named(&request), request.if_match()?);
    let guards = guards(&caller.tenant, &entity, Doing::Changes(&id), None);
    let job = move |session: &mut Session<'_>| accepting(session, accept).unarchive(&entity, &id, known);
    let shown = once(&engine, &caller, &request, &guards, job).await?;
    Ok(tagged(StatusCode::OK, shown))
}

/// Writes several records, all or none.
pub(super) async fn batch(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let accept = accepted(&request)?;
    let (entity, input, key) = (request.part("entity").to_owned(), request.input()?, key(&request)?);
    let job =
        move |session: &mut Session<'_>| session.once(key.as_ref(), |session| accepting(session, accept).batch(&entity, &input));
    // A large batch lets single records pass.
    let queue = if request.body.len() > SMALL_BATCH { Queue::Background } else { Queue::Interactive };
    Ok(body(StatusCode::OK, write(&engine, (&caller, request.language), queue, job).await?))
}

/// Runs a transition.
pub(super) async fn act(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let accept = accepted(&request)?;
    let (entity, id) = named(&request);
    let (action, known) = (request.part("action").to_owned(), request.if_match()?);
    let input = if request.body.is_empty() { Input::object::<String>([]) } else { request.input()? };
    let guards = guards(&caller.tenant, &entity, Doing::Acts(&id, &action), Some(&input));
    let job = move |session: &mut Session<'_>| accepting(session, accept).run_action(&entity, &id, &action, &input, known);
    Ok(tagged(StatusCode::OK, once(&engine, &caller, &request, &guards, job).await?))
}

/// What a record would become; writes nothing.
pub(super) async fn evaluate(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    request.query(&[])?;
    let (entity, input) = (request.part("entity").to_owned(), request.input()?);
    let job = move |session: &mut Session<'_>| session.evaluate(&entity, &input);
    Ok(body(StatusCode::OK, write(&engine, (&caller, request.language), Queue::Interactive, job).await?))
}

/// Whether the person was asked about records of the same thing and wants this one all the same.
fn accepted(request: &Request) -> Result<bool, Problem> {
    request.query(&["accept_duplicates"])?.flag("accept_duplicates")
}

fn accepting<'s, 't>(session: &'s mut Session<'t>, accept: bool) -> &'s mut Session<'t> {
    if accept {
        session.accept_duplicates();
    }
    session
}

/// The entity and the record in the path.
fn named(request: &Request) -> (String, String) {
    (request.part("entity").to_owned(), request.part("id").to_owned())
}

/// Runs a write that answers a record, at most once per idempotency key.
async fn once(
    engine: &Engine,
    caller: &SignedIn,
    request: &Request,
    guards: &[GuardKey],
    job: impl Fn(&mut Session<'_>) -> Result<Shown, RecordsError> + Send + Sync + 'static,
) -> Result<Shown, Problem> {
    let key = key(request)?;
    let line = (Queue::Interactive, guards);
    let packed = write_guarded(engine, (caller, request.language), line, move |session| {
        session.once(key.as_ref(), |session| job(session).map(|shown| pack(&shown)))
    });
    unpack(&packed.await?)
}

/// A record with what its headers need, as one text that can be stored.
fn pack(shown: &Shown) -> String {
    format!("{} {} {}", shown.id, shown.revision, shown.body)
}

fn unpack(packed: &str) -> Result<Shown, Problem> {
    let mut parts = packed.splitn(3, ' ');
    let shown = (|| {
        let (id, revision, body) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Shown { id: id.to_owned(), revision: revision.parse().ok()?, body: body.to_owned() })
    })();
    shown.ok_or_else(|| crate::error::bug(&RecordsError::Bug("a stored answer cannot be read".to_owned())))
}

/// The idempotency key of a request with what it stands for.
fn key(request: &Request) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = request.headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > KEY_LENGTH {
        let message = Text("Idempotency-Key 须为 1 到 255 个 ASCII 字符。", "An Idempotency-Key has 1 to 255 ASCII characters.");
        let issue = Issue::new("/Idempotency-Key", "bad_idempotency_key", message.with(&[]), message.with(&[]));
        return Err(Problem::new(Code::BadRequest).named("bad_idempotency_key").issues(vec![issue]));
    }
    let mut hash = Sha256::new();
    hash.update(request.target.as_bytes());
    hash.update(b"\n");
    hash.update(&request.body);
    Ok(Some(IdempotencyKey { key: text.to_owned(), fingerprint: secret::hex(&hash.finalize()) }))
}

fn body(status: StatusCode, text: String) -> Response<Body> {
    answer::raw(status, HeaderValue::from_static("application/json"), text)
}

fn tagged(status: StatusCode, shown: Shown) -> Response<Body> {
    let tag = format!("\"{}\"", shown.revision);
    answer::header(body(status, shown.body), header::ETAG, &tag)
}
