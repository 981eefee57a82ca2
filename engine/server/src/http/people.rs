//! Names of people for answers that say who did something.
use std::collections::HashMap;

use kontor_definitions::RecordId;
use serde_json::Value;

use super::{caller::SignedIn, work::read};
use crate::{engine::Engine, language::Language, problem::Problem};

/// The names of users, as far as the caller may read them. The engine itself and unknown users have none.
pub(super) async fn names(
    engine: &Engine,
    caller: (&SignedIn, Language),
    mut ids: Vec<RecordId>,
) -> Result<HashMap<RecordId, String>, Problem> {
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|id| !id.0.is_nil());
    let texts = read(engine, caller, move |session| {
        let found = ids.iter().map(|id| {
            // A user who may not be read has no name here.
            session.get("base.user", &id.to_string(), &kontor_records::Params::default()).ok().map(|shown| (*id, shown.body))
        });
        Ok(found.flatten().collect::<Vec<_>>())
    });
    let named = texts.await?.into_iter().filter_map(|(id, body)| {
        let record: Value = serde_json::from_str(&body).ok()?;
        Some((id, record.get("name")?.as_str()?.to_owned()))
    });
    Ok(named.collect())
}
