//! Purging what definitions no longer use: removed entities and fields, and columns of types that fields had before. An
//! action of its own with a revision of its own; what it removes is gone for good, history excepted.
use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::{DefId, Diagnostic, Severity, model::Kind};
use kontor_storage::{
    Physical, Tx,
    schema::Unused,
    system::{
        document,
        draft::{self as head},
        event::{self, Event, Kind as Happening},
        publishing, retired_id,
        revision::{self, Revision},
        state,
    },
};
use serde_json::Value;

use crate::{
    act::Act, draft, error::AppError, outline::Place, release::patiently, snapshot::Snapshot, sources::Sources, tenant::Tenant,
};

/// Something that is no longer used and could be purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedPart {
    /// Names it in a request: ids of the entity and the field, and the name of the column.
    pub key: String,
    /// What it is.
    pub kind: UnusedKind,
    /// `app.entity`, of a removed one with the name its table was made with.
    pub entity: String,
    /// The field's name, or the one its column was made with.
    pub field: Option<String>,
    /// Records of the entity, or values of the field, that would be lost.
    pub values: u64,
    /// The draft brings it back.
    pub in_draft: bool,
    /// Keys of what refers to it, and would be purged with it.
    pub with: Vec<String>,
}

/// What is no longer used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnusedKind {
    /// An entity with all its records.
    Entity,
    /// A field with its values.
    Field,
    /// The values that a field had before it got another type.
    Former,
}

impl UnusedKind {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Field => "field",
            Self::Former => "former",
        }
    }
}

/// What a person says when purging.
#[derive(Clone, Debug, Default)]
pub struct Purging {
    /// Keys of what shall go.
    pub keys: Vec<String>,
    /// The values in it may go, too.
    pub accept_loss: bool,
}

impl Tenant {
    /// Everything that is no longer used, with what would be lost. Blocks, as does `purge_unused`.
    pub fn unused(&self) -> Result<Vec<UnusedPart>, AppError> {
        let snapshot = self.reload_blocking()?;
        self.db().read_blocking(move |tx| {
            tx.be_patient()?;
            Ok(Parts::read(tx, &snapshot, &[])?.parts())
        })
    }

    /// Purges what the keys name, and what refers to it; answers what is gone. A new revision with the documents of the
    /// live one says so.
    pub fn purge_unused(&self, purging: &Purging, act: Act) -> Result<Vec<UnusedPart>, AppError> {
        self.recover()?;
        let (live, purging) = (self.reload_blocking()?, purging.clone());
        // Counted while writers go on: nobody writes what is not used, but that a record is purged.
        let counted = self.unused()?;
        let (gone, snapshot) = patiently(self, move |tx| purge(tx, &live, (&purging, &counted), act))?;
        self.swap(Arc::new(snapshot));
        Ok(gone)
    }
}

fn purge(
    tx: &mut Tx,
    live: &Snapshot,
    (purging, counted): (&Purging, &[UnusedPart]),
    act: Act,
) -> Result<(Vec<UnusedPart>, Snapshot), AppError> {
    if state::close(tx)?.revision != live.revision {
        return Err(AppError::ChangedMeanwhile);
    }
    // What it fills is not in use yet.
    if publishing::read(tx)?.is_some_and(|publish| publish.is_open()) {
        return Err(AppError::Publishing);
    }
    let draft = head::lock(tx)?;
    let parts = Parts::read(tx, live, counted)?;
    let (unused, gone) = parts.chosen(&purging.keys)?;
    if !purging.accept_loss {
        let lost: Vec<Diagnostic> = gone.iter().filter(|part| part.values > 0).map(loss).collect();
        if !lost.is_empty() {
            return Err(AppError::Findings(lost));
        }
    }
    let physical = tx.drop_unused(&unused, (act.by, act.at))?;
    let number = live.revision + 1;
    store(tx, live, number, &gone, act)?;
    if draft.base_revision == live.revision {
        head::touch(tx, number)?;
    }
    let snapshot = Snapshot {
        revision: number,
        catalog: Arc::clone(&live.catalog),
        physical: Arc::new(physical),
        sources: Arc::clone(&live.sources),
        fingerprint: Arc::clone(&live.fingerprint),
    };
    Ok((gone, snapshot))
}

fn store(tx: &mut Tx, live: &Snapshot, number: i64, gone: &[UnusedPart], act: Act) -> Result<(), AppError> {
    let names: Vec<String> = gone.iter().map(UnusedPart::name).collect();
    let message = format!("清除 / purged: {}", names.join(", "));
    revision::add(tx, &Revision { revision: number, made_at: act.at, made_by: act.by.0, message, restored_from: None })?;
    for (key, text) in live.sources.iter() {
        let hash = document::put(tx, text)?;
        revision::add_document(tx, number, (&key.app, key.kind.name(), &key.name), &hash)?;
    }
    state::set_revision(tx, number)?;
    event::append(tx, Event::of_tenant(Happening::Published, number), act.at)?;
    Ok(())
}

fn loss(part: &UnusedPart) -> Diagnostic {
    let (name, values) = (part.name(), part.values);
    let (zh, en) = match part.kind {
        UnusedKind::Entity => (
            format!("“{name}”中有 {values} 条记录，清除后无法找回。"),
            format!("“{name}” has {values} record(s), which cannot be brought back after the purge."),
        ),
        UnusedKind::Field | UnusedKind::Former => (
            format!("“{name}”中有 {values} 个值，清除后无法找回。"),
            format!("“{name}” has {values} value(s), which cannot be brought back after the purge."),
        ),
    };
    Place::of_entity(&part.entity).finding(
        (Severity::Error, "purge_loss"),
        (&zh, &en),
        ("如确实不再需要，请确认接受丢失后再清除。", "If they are not needed any more, accept the loss and purge again."),
    )
}

impl UnusedPart {
    /// `app.entity` or `app.entity.field`.
    pub fn name(&self) -> String {
        match &self.field {
            Some(field) => format!("{}.{field}", self.entity),
            None => self.entity.clone(),
        }
    }
}

/// What is unused, each with how it is shown.
struct Parts {
    physical: Physical,
    all: Vec<(Unused, UnusedPart)>,
}

impl Parts {
    fn read(tx: &mut Tx, live: &Snapshot, counted: &[UnusedPart]) -> Result<Self, AppError> {
        let physical = tx.physical()?;
        let coming = in_use(&draft::read(tx)?.sources);
        let apps: Vec<(String, String)> = retired_id::list(tx)?.into_iter().map(|known| (known.id, known.app)).collect();
        let mut all = Vec::new();
        for unused in physical.unused() {
            // What is stored of a field besides its value is made of it again where it is needed.
            let is_made = matches!(&unused, Unused::Column { field, .. } if field.aspect_of().is_some());
            let mut part = shown(&physical, live, &unused, (&coming, &apps));
            part.values = match counted.iter().find(|known| known.key == part.key) {
                Some(known) => known.values,
                None if is_made => 0,
                None => tx.count_unused(&physical, &unused)?,
            };
            all.push((unused, part));
        }
        all.sort_by(|(_, a), (_, b)| (&a.entity, &a.field, &a.key).cmp(&(&b.entity, &b.field, &b.key)));
        Ok(Self { physical, all })
    }

    fn parts(self) -> Vec<UnusedPart> {
        self.all.into_iter().map(|(_, part)| part).collect()
    }

    /// What the keys name with what refers to it; refuses what is in use or comes back.
    fn chosen(&self, keys: &[String]) -> Result<(Vec<Unused>, Vec<UnusedPart>), AppError> {
        let strangers: Vec<String> =
            keys.iter().filter(|key| self.all.iter().all(|(_, part)| part.key != **key)).cloned().collect();
        if !strangers.is_empty() || keys.is_empty() {
            return Err(AppError::NotUnused(strangers));
        }
        let named = self.all.iter().filter(|(_, part)| keys.contains(&part.key)).map(|(unused, _)| unused.clone());
        let wanted = self.physical.with_referring(&named.collect::<Vec<_>>());
        let chosen: Vec<&(Unused, UnusedPart)> = self.all.iter().filter(|(unused, _)| wanted.contains(unused)).collect();
        let coming: Vec<String> = chosen.iter().filter(|(_, part)| part.in_draft).map(|(_, part)| part.name()).collect();
        if !coming.is_empty() {
            return Err(AppError::UnusedInDraft(coming));
        }
        Ok(chosen.into_iter().cloned().unzip())
    }
}

fn shown(
    physical: &Physical,
    live: &Snapshot,
    unused: &Unused,
    (coming, apps): (&BTreeSet<DefId>, &[(String, String)]),
) -> UnusedPart {
    let id = unused.entity();
    let known = live.catalog.entity(id);
    let app = || apps.iter().find(|(known, _)| *known == id.to_string()).map_or("", |(_, app)| app.as_str());
    let readable = unused.readable(physical);
    let entity = known.map_or_else(|| format!("{}.{readable}", app()), |entity| entity.full_name());
    let with = physical.with_referring(std::slice::from_ref(unused));
    let with = with.iter().filter(|other| *other != unused).map(|other| key(physical, other)).collect();
    let (kind, field, in_draft) = match unused {
        Unused::Table { .. } => (UnusedKind::Entity, None, coming.contains(&id.0)),
        // The field itself is in use, in another form.
        Unused::Column { former: true, field, .. } => {
            let field = field.aspect_of().map_or(*field, |(_, of)| of);
            let now = known.and_then(|entity| entity.field(field)).map(|field| field.name.clone());
            (UnusedKind::Former, Some(now.unwrap_or(readable)), false)
        }
        Unused::Column { field, .. } => (UnusedKind::Field, Some(readable), coming.contains(&field.0)),
    };
    UnusedPart { key: key(physical, unused), kind, entity, field, values: 0, in_draft, with }
}

fn key(physical: &Physical, unused: &Unused) -> String {
    match unused {
        Unused::Table { entity } => entity.to_string(),
        Unused::Column { entity, field, .. } => format!("{entity}.{field}.{}", unused.readable(physical)),
    }
}

/// Ids of the entities of some documents, and of their fields that are not marked as retired.
pub(crate) fn in_use(sources: &Sources) -> BTreeSet<DefId> {
    let mut ids = BTreeSet::new();
    let id_of = |value: &Value| value.get("id").and_then(Value::as_str).and_then(|id| id.parse::<DefId>().ok());
    for (_, text) in sources.iter().filter(|(key, _)| key.kind == Kind::Entity) {
        let Ok(document) = serde_json::from_str::<Value>(text) else { continue };
        ids.extend(id_of(&document));
        let fields = document.get("fields").and_then(Value::as_array).into_iter().flatten();
        ids.extend(fields.filter(|field| field.get("retired") != Some(&Value::Bool(true))).filter_map(id_of));
    }
    ids
}
