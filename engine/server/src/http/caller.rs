//! Who calls a route, as a type in the handler's signature: a handler cannot forget to ask.
use std::future::Future;

use axum::http::request::Parts;

use super::route::Access;
use crate::{engine::Engine, problem::Problem};

/// Somebody who may call a route of a class.
pub(crate) trait Caller: Sized + Send {
    /// The class.
    const ACCESS: Access;
    /// Finds out who it is, or refuses.
    fn identify(engine: &Engine, parts: &Parts) -> impl Future<Output = Result<Self, Problem>> + Send;
}

/// Nobody in particular.
pub(crate) struct Anyone;

impl Caller for Anyone {
    const ACCESS: Access = Access::Anyone;
    async fn identify(_engine: &Engine, _parts: &Parts) -> Result<Self, Problem> {
        Ok(Self)
    }
}
