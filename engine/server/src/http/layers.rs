//! What surrounds every route: limits, load shedding, time limit, panics, compression, security headers, tracing.
use std::{any::Any, time::Duration};

use axum::{
    BoxError, Router,
    body::Body,
    error_handling::HandleErrorLayer,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version, header},
};
use tower::{
    ServiceBuilder,
    limit::GlobalConcurrencyLimitLayer,
    load_shed::{LoadShedLayer, error::Overloaded},
    timeout::{TimeoutLayer, error::Elapsed},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate as _, SizeAbove},
    },
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tracing::{Span, error, info, info_span};

use crate::{
    language::{Language, Text},
    problem::{Code, Problem},
};

/// Requests served at the same time; more are shed with 503.
const CONCURRENT_REQUESTS: usize = 1024;
/// The longest a request may take. Database work that has begun runs to its end all the same.
const REQUEST_TIME: Duration = Duration::from_secs(60);
/// Uploads at the same time; more are shed with 503.
const CONCURRENT_UPLOADS: usize = 64;
/// The longest an upload may take.
const UPLOAD_TIME: Duration = Duration::from_secs(4 * 3600);
/// Answers below this many bytes are not worth compressing.
const COMPRESS_ABOVE: u64 = 1024;

const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Puts the layers around the routes, the first one outermost.
pub(super) fn around(routes: Router, uploads: Router, secure: bool) -> Router {
    let routes = limited(routes, CONCURRENT_REQUESTS, REQUEST_TIME).merge(limited(uploads, CONCURRENT_UPLOADS, UPLOAD_TIME));
    let compress = CompressionLayer::new().compress_when(
        SizeAbove::new(COMPRESS_ABOVE)
            .and(NotForContentType::IMAGES)
            .and(NotForContentType::const_new("font/"))
            .and(is_no_file)
            .and(NotForContentType::SSE),
    );
    let routes = routes.layer(CatchPanicLayer::custom(panicked)).layer(compress);
    let mut routes = routes;
    for (name, value) in security_headers(secure) {
        routes = routes.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    routes.layer(
        TraceLayer::new_for_http()
            .make_span_with(
                |request: &Request<Body>| info_span!("request", method = %request.method(), path = %request.uri().path()),
            )
            .on_request(())
            .on_response(|response: &Response<Body>, time: Duration, _span: &Span| {
                info!(status = response.status().as_u16(), microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
            })
            .on_failure(()),
    )
}

/// So many requests at a time, each so long.
fn limited(routes: Router, at_a_time: usize, time: Duration) -> Router {
    let limits = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(refused))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(at_a_time))
        .layer(TimeoutLayer::new(time));
    routes.layer(limits)
}

/// Files go out as they are: with their length, and in parts where parts are asked for.
fn is_no_file(_status: StatusCode, _version: Version, headers: &HeaderMap, _extensions: &Extensions) -> bool {
    !headers.contains_key(header::CONTENT_DISPOSITION)
}

fn security_headers(secure: bool) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    if secure {
        headers.push((header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")));
    }
    headers
}

async fn refused(headers: HeaderMap, error: BoxError) -> Response<Body> {
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let problem = if error.is::<Overloaded>() {
        Problem::new(Code::Overloaded)
            .because(Text("请稍后再试。", "Try again in a moment.").with(&[]))
            .header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    } else if error.is::<Elapsed>() {
        Problem::new(Code::TimedOut).because(
            Text("请缩小范围后重试；已经开始的保存会在后台完成。", "Ask for less; what had begun to be saved will be finished.")
                .with(&[]),
        )
    } else {
        error!(%error, "a layer failed");
        Problem::new(Code::Bug)
    };
    problem.respond(Language::accepted(language))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature tower-http asks for")]
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    error!(cause = text.unwrap_or("no text"), "a handler panicked");
    Problem::new(Code::Bug).respond(Language::English)
}
