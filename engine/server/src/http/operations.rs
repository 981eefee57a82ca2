//! `/healthz` and `/readyz`: for whoever watches the process.
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;

use super::{answer, caller::Anyone, request::Request, route::Answer};
use crate::engine::Engine;

/// The process answers.
pub(super) async fn alive(_engine: Arc<Engine>, _caller: Anyone, request: Request) -> Answer {
    request.query(&[])?;
    Ok(answer::json(&json!({"status": "ok"})))
}

/// The databases answer and nobody is shutting the process down.
pub(super) async fn ready(engine: Arc<Engine>, _caller: Anyone, request: Request) -> Answer {
    request.query(&[])?;
    let reasons = engine.reasons_not_ready(request.language).await;
    Ok(if reasons.is_empty() {
        answer::json(&json!({"status": "ok"}))
    } else {
        answer::with_status(StatusCode::SERVICE_UNAVAILABLE, &json!({"status": "not_ready", "reasons": reasons}))
    })
}
