//! HTTP: the route table, and what turns it into a service.
//!
//! Start reading at `routes.rs`; a request passes `layers.rs`, then `route.rs`, then its handler.
mod access_log;
mod address;
mod answer;
mod caller;
mod definitions;
mod draft;
mod events;
mod files;
mod layers;
mod operations;
mod packages;
mod people;
mod records;
mod request;
mod revisions;
mod route;
mod routes;
mod session;
mod thumbnails;
mod ui;
mod unused;
mod work;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, header},
    response::{IntoResponse as _, Response},
    routing::{MethodFilter, MethodRouter},
};

use crate::{
    engine::Engine,
    language::Text,
    problem::{Code, Problem},
};

pub(crate) use route::DISCARD_LIMIT;
pub use route::{Access, Route};
pub use routes::table;

/// The service: every route of the table, the web app for other addresses, the layers around.
pub fn service(engine: &Arc<Engine>) -> Router {
    let mut paths: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in table() {
        paths.entry(route.path).or_default().push(route);
    }
    let (mut router, mut uploads) = (Router::new(), Router::new());
    for (path, routes) in paths {
        if routes.iter().any(|route| route.streams) {
            uploads = uploads.route(path, methods(engine, routes));
        } else {
            router = router.route(path, methods(engine, routes));
        }
    }
    layers::around(router.fallback(elsewhere), uploads, engine.config().tls)
}

/// The routes of one path, and 405 for methods that it does not have.
fn methods(engine: &Arc<Engine>, routes: Vec<Route>) -> MethodRouter {
    let mut known: Vec<&str> = Vec::new();
    let mut all = MethodRouter::new();
    for route in &routes {
        known.push(route.method.as_str());
        if route.method == Method::GET {
            known.push("HEAD");
        }
    }
    let allow = known.join(", ");
    for route in routes {
        let Ok(filter) = MethodFilter::try_from(route.method.clone()) else { continue };
        let (engine, serve) = (Arc::clone(engine), route.serve);
        all = all.on(filter, move |request: Request| serve(engine, request));
    }
    all.fallback(move |request: Request| async move {
        let problem = Problem::new(Code::MethodNotAllowed).because(Text("此地址支持：{0}。", "Known here: {0}.").with(&[&allow]));
        let mut response = problem.respond(route::language_of(&request));
        if let Ok(value) = HeaderValue::from_str(&allow) {
            response.headers_mut().insert(header::ALLOW, value);
        }
        response
    })
}

async fn elsewhere(request: Request) -> Response {
    let path = request.uri().path();
    let answer = if path == "/api" || path.starts_with("/api/") {
        Err(Problem::new(Code::NotFound))
    } else {
        ui::serve(request.method(), path, request.headers())
    };
    answer.unwrap_or_else(|problem| problem.respond(route::language_of(&request))).into_response()
}
