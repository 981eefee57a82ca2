//! A person in front of the HTTP API: requests go straight into the service, without a socket.
use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use super::events::Events;

/// More than any answer of the API.
const MOST_BYTES: usize = 64 << 20;

/// A person, signed in or not.
#[derive(Clone)]
pub(crate) struct Client {
    service: Router,
    runtime: Arc<Runtime>,
    cookie: Option<String>,
    csrf: Option<String>,
    language: &'static str,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Client {
    /// Somebody who has not signed in and reads English.
    pub(crate) fn new(service: Router, runtime: Arc<Runtime>) -> Self {
        Self { service, runtime, cookie: None, csrf: None, language: "en" }
    }

    /// The same person, who reads another language.
    pub(crate) fn reading(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// The same service with this person signed in.
    pub(crate) fn signed_in(&self, email: &str, password: &str) -> Self {
        self.with_session(&json!({"email": email, "password": password}))
    }

    /// The same for a person who is in several tenants.
    pub(crate) fn signed_in_to(&self, tenant: &str, email: &str) -> Self {
        self.with_session(&json!({"tenant": tenant, "email": email, "password": super::instance::PASSWORD}))
    }

    fn with_session(&self, body: &Json) -> Self {
        let answer = self.post("/api/session", body).expect(200);
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
        Self { cookie: Some(cookie), csrf: Some(csrf), ..self.clone() }
    }

    /// The same session, used where another client asks.
    pub(crate) fn at(&self, other: &Self) -> Self {
        Self { service: other.service.clone(), runtime: Arc::clone(&other.runtime), ..self.clone() }
    }

    /// The same person from a page of somebody else: the cookie goes along, the CSRF token does not.
    pub(crate) fn without_token(&self) -> Self {
        Self { csrf: None, ..self.clone() }
    }

    /// The headers that say who it is, for a request over a socket.
    pub(crate) fn credentials(&self) -> String {
        let [cookie, csrf] = [&self.cookie, &self.csrf].map(|part| part.as_deref().unwrap_or_default());
        format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\n")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[])
    }
    /// `GET` with parameters, which are encoded here.
    pub(crate) fn query(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.get(&format!("{path}?{}", pairs.join("&")))
    }
    pub(crate) fn post(&self, path: &str, body: &Json) -> Answer {
        self.send(Method::POST, path, Some(body.to_string().into_bytes()), &[])
    }
    pub(crate) fn patch(&self, path: &str, body: &Json) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string().into_bytes()), &[])
    }
    pub(crate) fn put(&self, path: &str, body: &Json) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string().into_bytes()), &[])
    }
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[])
    }

    /// Any request; a body is sent as JSON unless a header says otherwise.
    pub(crate) fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>, headers: &[(&str, &str)]) -> Answer {
        let request = self.request(method, path, body, headers);
        let service = self.service.clone();
        self.runtime.block_on(async move {
            let response = service.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, MOST_BYTES).await.unwrap().to_vec();
            Answer { status: parts.status, headers: parts.headers, bytes }
        })
    }

    /// Opens a stream of events, which is read in the background; `after` is the id that a browser comes back with.
    pub(crate) fn follow(&self, after: Option<&str>) -> Events {
        let headers: Vec<(&str, &str)> = after.map(|id| ("last-event-id", id)).into_iter().collect();
        let request = self.request(Method::GET, "/api/events", None, &headers);
        let service = self.service.clone();
        let response = self.runtime.block_on(service.oneshot(request)).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Events::read(&self.runtime, response)
    }

    fn request(&self, method: Method, path: &str, body: Option<Vec<u8>>, headers: &[(&str, &str)]) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        request = request.header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body.map_or_else(Body::empty, Body::from)).unwrap()
    }
}

impl Answer {
    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Refused with this status, and a finding or problem of this code.
    pub(crate) fn refused(self, status: u16, code: &str) {
        let text = self.expect(status).text();
        assert!(text.contains(&format!("\"code\":\"{code}\"")), "{code}: {text}");
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The entity tag.
    pub(crate) fn etag(&self) -> &str {
        self.headers[header::ETAG].to_str().unwrap()
    }
}

/// A value for a query: everything but letters, digits and `-_.~` percent-encoded.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
