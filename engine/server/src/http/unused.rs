//! `/api/unused…`: what definitions no longer use, and purging it; for administrators.
use std::sync::Arc;

use kontor_apps::{Purging, UnusedPart};
use serde_json::{Value, json};

use super::{answer, caller::Administrator, draft::refused, request::Request, route::Answer};
use crate::engine::Engine;

/// Everything that is no longer used, with what would be lost.
pub(super) async fn list(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let tenant = caller.0.tenant;
    let parts = engine.blocking(move || tenant.unused()).await?;
    Ok(answer::json(&json!({"items": shown(&parts)})))
}

/// Purges some of it for good.
pub(super) async fn purge(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let members = request.members(&["items", "accept_loss"])?;
    let purging = Purging { keys: members.list_of_texts("items")?, accept_loss: members.flag("accept_loss")? };
    let (tenant, act) = (caller.0.tenant, engine.act(caller.0.session.user));
    let asked = Arc::clone(&tenant);
    let done = engine.blocking_raw(move || asked.purge_unused(&purging, act)).await?;
    let gone = done.map_err(|error| refused(error, &request))?;
    Ok(answer::json(&json!({"revision": tenant.snapshot().revision, "items": shown(&gone)})))
}

fn shown(parts: &[UnusedPart]) -> Vec<Value> {
    let shown = |part: &UnusedPart| {
        json!({
            "key": part.key,
            "kind": part.kind.name(),
            "entity": part.entity,
            "field": part.field,
            "values": part.values,
            "in_draft": part.in_draft,
            "with": part.with,
        })
    };
    parts.iter().map(shown).collect()
}
