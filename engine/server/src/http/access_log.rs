//! `/api/access-log`: who came, who took data out or in, who changed rights; for administrators, and noted itself.
use std::{collections::HashMap, sync::Arc};

use kontor_definitions::{EntityId, RecordId, catalog::Catalog};
use kontor_storage::system::access_log::{self, Access, Kind, Wanted};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    answer,
    caller::Administrator,
    people,
    request::{Query, Request, bad_parameter},
    route::Answer,
};
use crate::{
    engine::Engine,
    language::{Language, Text},
    problem::Problem,
};

/// Rows of an answer unless told otherwise.
const LIMIT: i64 = 50;
/// Rows of an answer at most.
const MOST: i64 = 200;
/// What the log can be cut down to.
const FILTERS: [&str; 5] = ["kind", "person", "record", "from", "until"];

/// A page of the log, newest first.
pub(super) async fn list(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    let query = request.query(&["kind", "person", "record", "from", "until", "limit", "cursor"])?;
    let (wanted, limit) = (wanted(&query)?, limit(&query)?);
    let person = caller.0;
    let mut rows = person.tenant.db().read(move |tx| access_log::list(tx, &wanted, limit + 1)).await?;
    let full = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > full;
    rows.truncate(full);
    let read = i64::try_from(rows.len()).unwrap_or(limit);
    let by: Vec<&str> = FILTERS.into_iter().filter(|name| query.get(name).is_some()).collect();
    let noted = Access { number: Some(read), detail: by.join(" "), ..person.access(&engine, Kind::LogRead) };
    engine.note(&person.tenant, noted).await?;
    let ids = rows.iter().filter_map(|(_, access)| access.person).collect();
    let names = people::names(&engine, (&person, request.language), ids).await?;
    let snapshot = person.tenant.snapshot();
    let entity = |id: EntityId| {
        let entity = snapshot.catalog.entity(id);
        entity.map_or_else(|| id.to_string(), |entity| format!("{}.{}", entity.app, entity.name))
    };
    let role = |access: &Access| role(access, &snapshot.catalog, request.language);
    let items: Vec<Value> = rows.iter().map(|(number, access)| shown(*number, access, &names, (&entity, role(access)))).collect();
    let next = rows.last().filter(|_| more).map(|(number, _)| number.to_string());
    Ok(answer::json(&json!({"items": items, "next_cursor": next})))
}

fn shown(
    number: i64,
    access: &Access,
    names: &HashMap<RecordId, String>,
    (entity, role): (&dyn Fn(EntityId) -> String, Value),
) -> Value {
    json!({
        "number": number,
        "at": access.made_at.format(&Rfc3339).unwrap_or_default(),
        "kind": access.kind.name(),
        "person": access.person.map(|id| json!({"id": id, "label": names.get(&id)})),
        "address": access.address,
        "entity": access.entity.map(entity),
        "record": access.record,
        "count": access.number,
        "detail": access.detail,
        "role": role,
    })
}

/// The role that a change of rights is about, with its title; the last word of the detail is its name.
fn role(access: &Access, catalog: &Catalog, language: Language) -> Value {
    let named = access.detail.rsplit(' ').next().and_then(|name| name.split_once('.'));
    let (Kind::Rights, Some((app, name))) = (access.kind, named) else { return Value::Null };
    let known = catalog.roles.values().find(|role| role.app == app && role.name == name);
    // One that was removed has no title any more.
    let title = known.map(|role| language.pick(&role.title));
    json!({"name": format!("{app}.{name}"), "title": title})
}

fn wanted(query: &Query) -> Result<Wanted, Problem> {
    Ok(Wanted {
        before: parsed(query, "cursor", |text| text.parse().ok())?,
        from: parsed(query, "from", moment)?,
        until: parsed(query, "until", moment)?,
        kind: parsed(query, "kind", Kind::named)?,
        person: parsed(query, "person", record)?,
        record: parsed(query, "record", record)?,
    })
}

fn limit(query: &Query) -> Result<i64, Problem> {
    let limit = parsed(query, "limit", |text| text.parse().ok().filter(|limit| (1..=MOST).contains(limit)))?;
    Ok(limit.unwrap_or(LIMIT))
}

fn record(text: &str) -> Option<RecordId> {
    text.parse().ok().map(RecordId)
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

fn parsed<T>(query: &Query, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    let Some(text) = query.get(name) else { return Ok(None) };
    read(text).map(Some).ok_or_else(|| {
        let kinds = Kind::ALL.map(Kind::name).join(", ");
        let most = MOST.to_string();
        let why = match name {
            "kind" => Text("可用的值：{0}。", "Use one of: {0}.").with(&[&kinds]),
            "person" | "record" => Text("须为记录的 id。", "It must be a record's id.").with(&[]),
            "limit" => Text("须为 1 到 {0} 的整数。", "It must be a whole number from 1 to {0}.").with(&[&most]),
            "cursor" => Text("须为上一页给出的 next_cursor。", "It must be the next_cursor of the page before.").with(&[]),
            _ => Text(
                "须为带时区的时间，例如 2026-01-31T08:00:00Z。",
                "It must be a moment with its zone, like 2026-01-31T08:00:00Z.",
            )
            .with(&[]),
        };
        bad_parameter(name, why)
    })
}
