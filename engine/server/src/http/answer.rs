//! The few shapes of good answers.
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde_json::Value;

/// 200 with JSON.
pub(crate) fn json(body: &Value) -> Response<Body> {
    with_status(StatusCode::OK, body)
}

/// JSON under another status.
pub(crate) fn with_status(status: StatusCode, body: &Value) -> Response<Body> {
    raw(status, HeaderValue::from_static("application/json"), body.to_string())
}

/// Something that is no JSON.
pub(crate) fn raw(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The answer with a header more; a value that no header can hold is left out.
pub(crate) fn header(mut response: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
    response
}
