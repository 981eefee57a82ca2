//! The route table: every address of the server in one place.
use axum::http::Method;

use super::{
    access_log, definitions, draft, events, files, operations, packages, records, revisions,
    route::{Route, route, streamed},
    session, thumbnails, unused,
};

/// Every route. Who may call it follows from the caller's type in the handler's signature.
pub fn table() -> Vec<Route> {
    let (get, post, put, patch, delete) = (Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE);
    vec![
        route(get.clone(), "/healthz", operations::alive),
        route(get.clone(), "/readyz", operations::ready),
        route(get.clone(), "/api/session", session::show),
        route(post.clone(), "/api/session", session::sign_in),
        route(delete.clone(), "/api/session", session::sign_out),
        route(get.clone(), "/api/definitions", definitions::live),
        route(get.clone(), "/api/search", records::search),
        route(get.clone(), "/api/records/{entity}", records::list),
        route(post.clone(), "/api/records/{entity}", records::create),
        route(post.clone(), "/api/records/{entity}/batch", records::batch),
        route(post.clone(), "/api/records/{entity}/evaluate", records::evaluate),
        route(get.clone(), "/api/records/{entity}/aggregate", records::aggregate),
        route(get.clone(), "/api/records/{entity}/{id}", records::get),
        route(patch, "/api/records/{entity}/{id}", records::update),
        route(delete.clone(), "/api/records/{entity}/{id}", records::archive),
        route(get.clone(), "/api/records/{entity}/{id}/history", records::history),
        route(get.clone(), "/api/records/{entity}/{id}/history/{revision}/proof", records::proof),
        route(post.clone(), "/api/records/{entity}/{id}/actions/{action}", records::act),
        streamed(post.clone(), "/api/files", files::upload),
        route(get.clone(), "/api/files/{id}", files::download),
        route(get.clone(), "/api/files/{id}/thumbnail", thumbnails::get),
        route(get.clone(), "/api/events", events::follow),
        route(post.clone(), "/api/records/{entity}/{id}/unarchive", records::unarchive),
        route(get.clone(), "/api/access-log", access_log::list),
        route(get.clone(), "/api/draft", draft::list),
        route(post.clone(), "/api/draft/check", draft::check),
        route(get.clone(), "/api/draft/plan", draft::plan),
        route(post.clone(), "/api/draft/publish", draft::publish),
        route(get.clone(), "/api/draft/publish", draft::publishing),
        route(post.clone(), "/api/draft/discard", draft::discard),
        route(get.clone(), "/api/draft/{app}/{kind}/{name}", draft::get),
        route(put, "/api/draft/{app}/{kind}/{name}", draft::put),
        route(delete, "/api/draft/{app}/{kind}/{name}", draft::delete),
        route(get.clone(), "/api/revisions", revisions::list),
        route(get.clone(), "/api/revisions/{n}/diff", revisions::diff),
        route(get.clone(), "/api/revisions/{n}/plan", revisions::plan),
        route(post.clone(), "/api/revisions/{n}/restore", revisions::restore),
        route(get.clone(), "/api/unused", unused::list),
        route(post.clone(), "/api/unused/purge", unused::purge),
        route(post, "/api/apps/install", packages::install_package),
        route(get.clone(), "/api/apps/{app}/export", packages::export),
        route(get, "/api/schemas/{file}", packages::show_schema),
    ]
}
