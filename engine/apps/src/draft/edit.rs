//! Changing the draft, one document at a time.
use std::{collections::HashSet, sync::Arc};

use kontor_definitions::{
    DefId, Diagnostic, Severity,
    check::{canonical, document, ids},
    model::Kind,
};
use kontor_storage::{
    Tx,
    system::draft::{self, DraftChange},
};

use super::view::{Draft, DraftDocument, DraftState, etag, read};
use crate::{
    act::Act,
    compile::meanings,
    error::{AppError, text},
    sources::DocumentKey,
};

/// What must hold of the stored document before it is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// `If-Match`: it has this etag.
    Match(String),
    /// `If-None-Match: *`: there is none.
    Absent,
}

/// Stores a document in its canonical form; missing ids are added. What is no JSON object is refused with findings;
/// everything else is told by the check.
pub fn put(tx: &mut Tx, act: Act, key: &DocumentKey, body: &str, condition: &Precondition) -> Result<DraftDocument, AppError> {
    named_well(key)?;
    draft::lock(tx)?;
    let current = read(tx)?;
    current.demand_current()?;
    demand(&current, key, condition)?;
    if key.kind != Kind::App && !current.sources.has_app(&key.app) {
        return Err(AppError::UnknownApp(key.app.clone()));
    }
    let stored: Arc<str> = normalise(&current, act, key, body)?.into();
    let state = match current.live.get(key) {
        Some(live) if **live == *stored => DraftState::Unchanged,
        Some(_) => DraftState::Changed,
        None => DraftState::Added,
    };
    let tag = etag(&stored);
    if state == DraftState::Unchanged {
        draft::remove(tx, &key.app, key.kind.name(), &key.name)?;
    } else {
        draft::put(tx, &change(act, key, Some(stored.to_string()), tag.clone()))?;
    }
    draft::touch(tx, current.revision)?;
    Ok(DraftDocument { key: key.clone(), text: stored, etag: tag, state })
}

/// Removes a document from the draft.
pub fn delete(tx: &mut Tx, act: Act, key: &DocumentKey, condition: &Precondition) -> Result<(), AppError> {
    draft::lock(tx)?;
    let current = read(tx)?;
    current.demand_current()?;
    if current.sources.get(key).is_none() {
        return Err(AppError::UnknownDocument(key.to_string()));
    }
    demand(&current, key, condition)?;
    if current.live.get(key).is_some() {
        draft::put(tx, &change(act, key, None, "removed".to_owned()))?;
    } else {
        draft::remove(tx, &key.app, key.kind.name(), &key.name)?;
    }
    draft::touch(tx, current.revision)?;
    Ok(())
}

/// Throws every change away.
pub fn discard(tx: &mut Tx) -> Result<(), AppError> {
    draft::lock(tx)?;
    draft::clear(tx)?;
    let live = kontor_storage::system::state::read(tx)?.revision;
    draft::touch(tx, live)?;
    Ok(())
}

fn change(act: Act, key: &DocumentKey, body: Option<String>, etag: String) -> DraftChange {
    DraftChange {
        app: key.app.clone(),
        kind: key.kind.name().to_owned(),
        name: key.name.clone(),
        body,
        etag,
        changed_at: act.at,
        changed_by: act.by.0,
    }
}

fn demand(current: &Draft, key: &DocumentKey, condition: &Precondition) -> Result<(), AppError> {
    let there = current.sources.get(key).map(|text| etag(text));
    let holds = match condition {
        Precondition::None => true,
        Precondition::Match(tag) => there.as_ref() == Some(tag),
        Precondition::Absent => there.is_none(),
    };
    if holds { Ok(()) } else { Err(AppError::Precondition) }
}

fn normalise(current: &Draft, act: Act, key: &DocumentKey, body: &str) -> Result<String, AppError> {
    let (value, findings) = document(key.kind, &format!("{}/{}", key.app, key.path()), body);
    let Some(mut value) = value else { return Err(AppError::Findings(findings)) };
    let cannot_be_kept: Vec<Diagnostic> =
        findings.into_iter().filter(|finding| ["duplicate_key", "bad_character"].contains(&finding.code.as_str())).collect();
    if !cannot_be_kept.is_empty() {
        return Err(AppError::Findings(cannot_be_kept));
    }
    let known = meanings(&current.sources).into_keys().chain(meanings(&current.live).into_keys());
    let mut taken: HashSet<DefId> = known.chain(current.retired.keys().cloned()).map(|(_, id)| id).collect();
    let mut luck = act.luck();
    ids::add_missing(key.kind, &mut value, &mut taken, &mut || luck.number());
    canonical(key.kind, &value).map_err(|error| AppError::Bug(format!("a document cannot be written: {error}")))
}

/// Names become names of files: letters, digits, `_`, and `-` in locales.
fn named_well(key: &DocumentKey) -> Result<(), AppError> {
    let good = |name: &str, dash: bool| {
        (1..=60).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || (dash && byte == b'-'))
    };
    let app_is_good = good(&key.app, false);
    if app_is_good && good(&key.name, key.kind == Kind::Translation) && (key.kind != Kind::App || key.name == "app") {
        return Ok(());
    }
    let wrong = if app_is_good { &key.name } else { &key.app };
    Err(AppError::Findings(vec![Diagnostic {
        severity: Severity::Error,
        code: "invalid_name".to_owned(),
        file: format!("{}/{}", key.app, key.path()),
        pointer: String::new(),
        line: 1,
        column: 1,
        message: text(&format!("“{wrong}”不能用作名称。"), &format!("“{wrong}” cannot be a name.")),
        suggestion: text(
            "请使用小写英文字母、数字和下划线，不超过 60 个字符。",
            "Use lower-case letters, digits and underscores, at most 60 characters.",
        ),
    }]))
}
