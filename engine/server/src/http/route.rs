//! One line of the route table, and how a request passes from it to its handler: who, then body, then the handler.
use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc};

use axum::body::HttpBody as _;
use axum::{
    body::{Body, Bytes},
    extract::{FromRequestParts as _, RawPathParams, Request as AxumRequest},
    http::{Method, Response, header, request::Parts},
};

use super::{address, caller::Caller, request::Request};
use crate::{
    engine::Engine,
    language::{Language, Text},
    problem::{Code, Problem},
};

/// The largest body of a request.
pub(crate) const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// How much more than the limit is read and thrown away, so that the client gets to see the refusal.
pub(crate) const DISCARD_LIMIT: usize = 64 * 1024 * 1024;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// People who are signed in.
    SignedIn,
    /// People whose role administers the tenant; for others the route does not exist.
    Administrator,
}

/// A handler's answer.
pub(crate) type Answer = Result<Response<Body>, Problem>;

type Served = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// One line of the route table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path with its parts in braces.
    pub path: &'static str,
    /// Who may call it; follows from the handler's signature.
    pub access: Access,
    /// The handler reads the body itself, however long it is.
    pub(super) streams: bool,
    pub(super) serve: Arc<dyn Fn(Arc<Engine>, AxumRequest) -> Served + Send + Sync>,
}

/// A line of the table. The caller's type in the handler's signature says who may call it.
pub(super) fn route<C, F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    C: Caller + 'static,
    F: Fn(Arc<Engine>, C, Request) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let serve = move |engine: Arc<Engine>, request: AxumRequest| -> Served {
        Box::pin(async move {
            let language = language_of(&request);
            let (mut parts, body) = request.into_parts();
            let from = address::of(&parts, engine.config().tls);
            let answer = async {
                let caller = C::identify(&engine, &parts).await?;
                let request = read(&mut parts, body, (language, from)).await?;
                handler(engine, caller, request).await
            };
            answer.await.unwrap_or_else(|problem| problem.respond(language))
        })
    };
    Route { method, path, access: C::ACCESS, streams: false, serve: Arc::new(serve) }
}

/// A line of the table whose handler reads the body itself, as it comes.
pub(super) fn streamed<C, F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    C: Caller + 'static,
    F: Fn(Arc<Engine>, C, Request, Body) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let serve = move |engine: Arc<Engine>, request: AxumRequest| -> Served {
        Box::pin(async move {
            let language = language_of(&request);
            let (mut parts, body) = request.into_parts();
            let from = address::of(&parts, engine.config().tls);
            let answer = async {
                let caller = C::identify(&engine, &parts).await?;
                let request = read(&mut parts, Body::empty(), (language, from)).await?;
                handler(engine, caller, request, body).await
            };
            answer.await.unwrap_or_else(|problem| problem.respond(language))
        })
    };
    Route { method, path, access: C::ACCESS, streams: true, serve: Arc::new(serve) }
}

/// The language that a request asks for.
pub(super) fn language_of(request: &AxumRequest) -> Language {
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::accepted(header.unwrap_or_default())
}

async fn read(parts: &mut Parts, body: Body, (language, address): (Language, Option<IpAddr>)) -> Result<Request, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_not_utf8| Problem::new(Code::NotFound))?;
    let path: Vec<(String, String)> = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if path.iter().any(|(_, value)| value.contains('\0')) {
        return Err(Problem::new(Code::NotFound));
    }
    let body = whole(body).await?;
    Ok(Request {
        language,
        address,
        headers: std::mem::take(&mut parts.headers),
        target: format!("{} {}", parts.method, parts.uri),
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body,
    })
}

/// The body to its end, or 413.
async fn whole(mut body: Body) -> Result<Bytes, Problem> {
    let announced = body.size_hint().lower();
    let mut out = Vec::with_capacity(usize::try_from(announced).unwrap_or(BODY_LIMIT).min(BODY_LIMIT));
    let mut seen = 0_usize;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_connection_broke| Problem::new(Code::BadRequest))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen <= BODY_LIMIT {
            out.extend_from_slice(&data);
        } else if seen > DISCARD_LIMIT {
            break;
        }
    }
    if seen > BODY_LIMIT { Err(too_large()) } else { Ok(out.into()) }
}

fn too_large() -> Problem {
    Problem::new(Code::TooLarge)
        .because(Text("一次请求最多 10 MB；请分批发送。", "A request may have 10 MB at most; send it in parts.").with(&[]))
}
