//! What apps declare must hold: the number of each group of records keeps to its bound.
use kontor_definitions::{catalog::Owned, model::InvariantDoc};
use kontor_storage::Tx;
use serde_json::Value as Json;

use super::{Breach, Invariant, Report};
use crate::{
    error::RecordsError,
    finding::{Findings, Text},
    frame::Frame,
    read::aggregate::aggregate,
    session::Params,
};

/// Groups of one invariant that are told.
const TOLD: u64 = 20;

/// Asks for the groups of each invariant where it does not hold. None groups by day, so that no zone matters.
pub(super) fn look(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    for invariant in &frame.catalog.invariants {
        let Owned { app, document: doc } = invariant;
        let entity = if doc.source.contains('.') { doc.source.clone() } else { format!("{app}.{}", doc.source) };
        match aggregate(frame, tx, &entity, &asked(doc), "UTC") {
            Ok(answer) => tell(doc, &entity, &answer, report),
            Err(RecordsError::Rejected(findings)) => report.add(not_told(doc, &findings).of(entity)),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn asked(doc: &InvariantDoc) -> Params {
    let mut asked = vec![
        ("measures".to_owned(), doc.expression.clone()),
        ("having".to_owned(), format!("!({} {})", doc.expression, doc.must)),
        ("limit".to_owned(), TOLD.to_string()),
    ];
    if !doc.group.is_empty() {
        asked.push(("group".to_owned(), doc.group.join(",")));
    }
    asked.extend(doc.filter.iter().map(|filter| ("filter".to_owned(), filter.clone())));
    Params(asked)
}

fn tell(doc: &InvariantDoc, entity: &str, answer: &str, report: &mut Report) {
    let answer: Json = serde_json::from_str(answer).unwrap_or_default();
    for group in answer.get("items").and_then(Json::as_array).into_iter().flatten() {
        let told = |key: &String| format!("{key} = {}", group.get(key).map(shown).unwrap_or_default());
        let keys: Vec<String> = doc.group.iter().map(told).collect();
        let found = told(&doc.expression);
        let at = keys.into_iter().chain([found]).collect::<Vec<_>>().join(", ");
        let (name, must) = (|locale| doc.title.get(locale).unwrap_or(&doc.name), &doc.must);
        let text = Text {
            zh: &format!("“{}”不成立：{at}，应为 {must}", name("zh-CN")),
            en: &format!("\"{}\" does not hold: {at}, it must be {must}", name("en")),
        };
        report.add(Breach::new(Invariant::Declared, text).of(entity));
    }
}

/// An invariant that cannot be looked at says nothing of the data.
fn not_told(doc: &InvariantDoc, findings: &Findings) -> Breach {
    let why = |locale| findings.0.iter().filter_map(|finding| finding.message.get(locale)).collect::<Vec<_>>().join(" ");
    let name = |locale| doc.title.get(locale).unwrap_or(&doc.name);
    let text = Text {
        zh: &format!("无法检查“{}”：{}", name("zh-CN"), why("zh-CN")),
        en: &format!("\"{}\" cannot be looked at: {}", name("en"), why("en")),
    };
    Breach::new(Invariant::Declared, text).notice()
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(reference) => reference.get("label").or_else(|| reference.get("id")).map(shown).unwrap_or_default(),
        Json::Null => "-".to_owned(),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) => value.to_string(),
    }
}
