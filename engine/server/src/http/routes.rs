//! The route table: every address of the server in one place.
use axum::http::Method;

use super::{
    operations,
    route::{Route, route},
};

/// Every route.
pub fn table() -> Vec<Route> {
    vec![route(Method::GET, "/healthz", operations::alive), route(Method::GET, "/readyz", operations::ready)]
}
