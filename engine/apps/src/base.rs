//! The engine's own app `base`: embedded in the binary, extensible by tenants, its engine-owned parts not changeable.
use std::{collections::BTreeMap, sync::OnceLock};

use kontor_definitions::{Diagnostic, Severity, model::Kind, source::AppSource};
use rust_embed::RustEmbed;
use serde_json::Value;

use crate::{
    error::text,
    sources::{DocumentKey, Sources},
};

#[derive(RustEmbed)]
#[folder = "base/"]
struct Embedded;

/// The documents of `base` as this engine brings them.
pub fn base() -> &'static AppSource {
    static BASE: OnceLock<AppSource> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut files = BTreeMap::new();
        for path in Embedded::iter() {
            if let Some(file) = Embedded::get(&path)
                && Kind::of_path(&path).is_some()
                && let Ok(text) = std::str::from_utf8(&file.data)
            {
                files.insert(path.to_string(), text.to_owned());
            }
        }
        AppSource { files: files.into_iter().collect() }
    })
}

/// What the tenant's documents of `base` do that only the engine may do.
pub(crate) fn guard(sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (key, original) in Sources::of_app("base", base()).iter() {
        let Some(present) = sources.get(key) else {
            findings.push(finding(key, "", &key.path()));
            continue;
        };
        let (Ok(original), Ok(present)) = (serde_json::from_str(original), serde_json::from_str(present)) else { continue };
        match key.kind {
            Kind::Entity => entity(key, &original, &present, &mut findings),
            Kind::App if original != present => findings.push(finding(key, "", "app.json")),
            Kind::App | Kind::Form | Kind::View | Kind::Page | Kind::Role | Kind::Translation => {}
        }
    }
    findings
}

/// Fields of the engine stay as they are; so does everything about the entity but its fields and indexes.
fn entity(key: &DocumentKey, original: &Value, present: &Value, findings: &mut Vec<Diagnostic>) {
    let (Some(was), Some(is)) = (original.as_object(), present.as_object()) else { return };
    for name in ["id", "name", "label", "owner", "department", "company", "unique", "append_only"] {
        if was.get(name) != is.get(name) {
            let pointer = if is.contains_key(name) { format!("/{name}") } else { String::new() };
            findings.push(finding(key, &pointer, name));
        }
    }
    let fields_of = |value: &Value| value.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
    let now = fields_of(present);
    for field in fields_of(original) {
        let place = now.iter().position(|other| other.get("id") == field.get("id"));
        let name = field.get("name").and_then(Value::as_str).unwrap_or_default();
        match place.and_then(|place| now.get(place).map(|other| (place, other))) {
            None => findings.push(finding(key, "/fields", name)),
            Some((place, other)) if field.get("system") == Some(&Value::Bool(true)) && *other != field => {
                findings.push(finding(key, &format!("/fields/{place}"), name));
            }
            Some(_) => {}
        }
    }
}

fn finding(key: &DocumentKey, pointer: &str, what: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "engine_owned".to_owned(),
        file: format!("{}/{}", key.app, key.path()),
        pointer: pointer.to_owned(),
        line: 1,
        column: 1,
        message: text(
            &format!("“{what}”由系统管理，不能修改或删除。"),
            &format!("“{what}” belongs to the engine and cannot be changed or removed."),
        ),
        suggestion: text(
            "请恢复原来的内容；可以在其后添加自己的字段。",
            "Bring back what was there; you may add fields of your own behind it.",
        ),
    }
}
