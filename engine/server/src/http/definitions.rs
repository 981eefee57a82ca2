//! `GET /api/definitions`: what the caller's screens are made of.
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use kontor_apps::{AppError, DocumentKey, Snapshot};
use kontor_definitions::model::{EntityDoc, Kind};
use sha2::{Digest as _, Sha256};

use super::{answer, caller::SignedIn, request::Request, route::Answer};
use crate::{
    engine::Engine,
    screens::{ScreenKey, screens},
    sign_in::secret,
};

/// The live definitions, cut to what the caller may know.
pub(super) async fn live(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    request.query(&[])?;
    let (tenant, user, moment) = (Arc::clone(&caller.tenant), caller.session.user, engine.moment());
    let read = caller.tenant.read(move |snapshot, version, tx| {
        Ok::<_, AppError>((Arc::clone(snapshot), tenant.rights(tx, snapshot, version, user, moment)?))
    });
    let (snapshot, rights) = read.await?;
    let key = ScreenKey::of(snapshot.revision, &snapshot.fingerprint, &rights);
    let tag = format!("\"{}\"", secret::hex(Sha256::digest(key.text()).get(..16).unwrap_or_default()));
    let unchanged = request.header(header::IF_NONE_MATCH).is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let response = if unchanged {
        answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        let text = engine.screens().get(&key, || {
            screens(snapshot.revision, &snapshot.catalog, &rights, |entity| document_of(&snapshot, &entity.app, &entity.name))
                .to_string()
        });
        answer::raw(StatusCode::OK, HeaderValue::from_static("application/json"), text.to_string())
    };
    let response = answer::header(response, header::ETAG, &tag);
    Ok(answer::header(response, header::CACHE_CONTROL, "private, no-cache"))
}

fn document_of(snapshot: &Snapshot, app: &str, name: &str) -> Option<EntityDoc> {
    let text = snapshot.sources.get(&DocumentKey::new(app, Kind::Entity, name))?;
    // A live document has passed the check, so it fits its type.
    serde_json::from_str(text).ok()
}
