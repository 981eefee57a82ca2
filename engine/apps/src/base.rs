//! The engine's own app `base`: embedded in the binary, extensible by tenants, its engine-owned parts not changeable.
use std::{collections::BTreeMap, sync::OnceLock};

use kontor_definitions::{Diagnostic, Severity, model::Kind, source::AppSource};
use rust_embed::RustEmbed;
use serde_json::Value;

use crate::{
    outline::Place,
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
            findings.push(finding((key, ""), At::Property(""), &key.path()));
            continue;
        };
        let (Ok(was), Ok(is)) = (serde_json::from_str(original), serde_json::from_str(present)) else { continue };
        match key.kind {
            Kind::Entity => entity((key, present), &was, &is, &mut findings),
            Kind::App if was != is => findings.push(finding((key, present), At::Property(""), "app.json")),
            Kind::App | Kind::Form | Kind::View | Kind::Page | Kind::Role | Kind::Invariant | Kind::Translation => {}
        }
    }
    findings
}

/// Fields of the engine stay as they are; so does everything about the entity but its other fields, title and indexes.
fn entity(document: (&DocumentKey, &str), original: &Value, present: &Value, findings: &mut Vec<Diagnostic>) {
    let (Some(was), Some(is)) = (original.as_object(), present.as_object()) else { return };
    for name in ["id", "name", "label", "owner", "department", "company", "unique", "append_only"] {
        if was.get(name) != is.get(name) {
            findings.push(finding(document, At::Property(name), name));
        }
    }
    let fields_of = |value: &Value| value.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
    let now = fields_of(present);
    for field in fields_of(original) {
        let name = field.get("name").and_then(Value::as_str).unwrap_or_default();
        let id = field.get("id").and_then(Value::as_str).unwrap_or_default();
        match now.iter().find(|other| other.get("id") == field.get("id")) {
            None => findings.push(finding(document, At::Property("fields"), name)),
            Some(other) if field.get("system") == Some(&Value::Bool(true)) && *other != field => {
                findings.push(finding(document, At::Field(id), name));
            }
            Some(_) => {}
        }
    }
}

/// A finding at a place of the document.
fn finding((key, text): (&DocumentKey, &str), at: At<'_>, what: &str) -> Diagnostic {
    let place = Place::of_entity(&format!("{}.{}", key.app, key.name));
    let place = match at {
        At::Property(name) => place.at_property(text, name),
        At::Field(id) => place.at_field(text, id),
    };
    let mut finding = place.finding(
        (Severity::Error, "engine_owned"),
        (
            &format!("“{what}”由系统管理，不能修改或删除。"),
            &format!("“{what}” belongs to the engine and cannot be changed or removed."),
        ),
        ("请恢复原来的内容；可以在其后添加自己的字段。", "Bring back what was there; you may add fields of your own behind it."),
    );
    finding.file = format!("{}/{}", key.app, key.path());
    finding
}

#[derive(Clone, Copy)]
enum At<'a> {
    Property(&'a str),
    Field(&'a str),
}
