//! Purging an archived record: it and its lines go for good. What refers to it stands in the way or is emptied, as each reference says.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kontor_access::{Action, decide};
use kontor_definitions::{
    Entity, EntityId, Field, FieldId, FieldType, RecordId, Value, catalog::FieldClass, expr::Type, model::field::OnDelete,
};
use kontor_storage::{
    query::{Archived, Query},
    system::{history as log, state, tombstone},
};
use uuid::Uuid;

use super::{
    cascade,
    draft::{Draft, Work},
    events, files, history,
    known::{as_id, definer_bug},
    links, load,
    pipeline::Bench,
    store,
};
use crate::{
    coerce::parse_id,
    condition,
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text},
    frame::Frame,
    read::page,
    session::Session,
};

/// A purge empties the references of at most so many records.
const MOST_EMPTIED: usize = 1_000;

/// The rows that go: the record and its lines, by entity.
type Going = BTreeMap<EntityId, BTreeSet<Uuid>>;

/// A stored field that leads to what goes.
struct Referrer {
    entity: Arc<Entity>,
    field: FieldId,
    target: EntityId,
    clears: bool,
}

impl Session<'_> {
    /// Removes an archived record and its lines for good. Its history stays, and a tombstone.
    pub fn purge(&mut self, entity: &str, id: &str, if_match: Option<i64>) -> Result<(), RecordsError> {
        let frame = Arc::clone(&self.frame);
        let entity = self.entity(entity, Action::Purge)?;
        let id = parse_id(id).ok_or(RecordsError::NotFound)?;
        let mut works = self.stored_works(&entity, &[(id, String::new(), None)], Action::Purge, if_match)?;
        let Some(work) = works.first_mut() else { return Err(RecordsError::NotFound) };
        let definer = decide(&frame.definer, Action::Delete, entity.id).map_err(|_denied| definer_bug())?;
        if !self.tx.lock_alone(frame.definer_context(), definer, entity.id, RecordId(id))? {
            return Err(RecordsError::NotFound);
        }
        load::load_lines(&frame, self.tx, &mut [&mut work.draft])?;
        check_purgeable(work);
        let going = going(&work.draft);
        let referrers = referrers(&frame, &going);
        if work.findings.is_empty() {
            self.restrict(&referrers, &going, &mut work.findings)?;
        }
        if work.findings.is_empty() {
            self.empty_references(&referrers, &going, &mut work.findings)?;
        }
        if !work.findings.is_empty() {
            return Err(std::mem::take(&mut work.findings).into());
        }
        self.remove(&mut work.draft)?;
        self.cascade()
    }

    fn remove(&mut self, draft: &mut Draft) -> Result<(), RecordsError> {
        let frame = Arc::clone(&self.frame);
        cascade::touch_removed(&frame, draft, &mut self.touched);
        files::let_go(&frame, self.tx, draft)?;
        store::delete(&frame, self.tx, draft)?;
        let last = store::revision_of(draft) + 1;
        draft.set_field(FieldId::REVISION, Value::Number(last.into()));
        history::append(&frame, self.tx, draft, "purge")?;
        let stone = tombstone::Tombstone {
            record: RecordId(draft.id),
            entity: draft.entity.id,
            purged_at: frame.now,
            purged_by: frame.rights.actor().user,
            history_hash: log::last_hash(self.tx, RecordId(draft.id))?,
        };
        tombstone::put(self.tx, &stone)?;
        events::purged(&frame, self.tx, draft, last)?;
        if draft.entity.app == "base" {
            state::bump_rights(self.tx)?;
            events::rights(&frame, self.tx)?;
            self.note_rights(draft, "purge");
        }
        Ok(())
    }

    /// Tells what stands in the way: how many records of which kind, as far as the person may see them.
    fn restrict(&mut self, referrers: &[Referrer], going: &Going, findings: &mut Findings) -> Result<(), RecordsError> {
        let frame = Arc::clone(&self.frame);
        let mut hidden = false;
        for referrer in referrers.iter().filter(|referrer| !referrer.clears) {
            let entity = &referrer.entity;
            let query = asking(referrer, going, 1);
            let definer = decide(&frame.definer, Action::Read, entity.id).map_err(|_denied| definer_bug())?;
            let all = self.tx.count(frame.definer_context(), definer, &query)?;
            if all == 0 {
                continue;
            }
            let permit = frame.names().permit(entity.id).filter(|permit| permit.can_read(referrer.field));
            let seen = permit.map(|permit| self.tx.count(frame.context(), permit, &query)).transpose()?.unwrap_or(0);
            hidden |= seen < all;
            if seen > 0 {
                // What a `links` field keeps its pairs in is not spoken of.
                let named = entity.link().and(entity.parent).and_then(|(record, _)| frame.catalog.entity(record));
                findings.push(in_the_way(named.unwrap_or(entity), seen));
            }
        }
        if hidden {
            findings.push(hidden_in_the_way());
        }
        Ok(())
    }

    /// Empties the references that say so, each record through the pipeline with its history.
    fn empty_references(&mut self, referrers: &[Referrer], going: &Going, findings: &mut Findings) -> Result<(), RecordsError> {
        let frame = Arc::clone(&self.frame);
        let Some(roots) = self.roots(referrers, going)? else {
            findings.push(too_many());
            return Ok(());
        };
        for (entity, ids) in roots {
            let Some(entity) = frame.catalog.entity(entity) else { continue };
            let mut works = self.referring(entity, ids)?;
            works.iter_mut().for_each(|work| empty(&mut work.draft, going));
            let mut bench = Bench::new(&frame);
            self.prepare(&mut bench, &mut works, false)?;
            for work in &mut works {
                self.settle(&mut bench, work)?;
                if entity.append_only || !work.findings.is_empty() {
                    findings.push(cannot_be_emptied(&frame, entity));
                    return Ok(());
                }
                self.commit(&bench, work)?;
            }
        }
        Ok(())
    }

    /// The records that refer to what goes, themselves or by one of their lines; none if they are too many for one transaction.
    fn roots(&mut self, referrers: &[Referrer], going: &Going) -> Result<Option<Going>, RecordsError> {
        let frame = Arc::clone(&self.frame);
        let mut roots = Going::new();
        for referrer in referrers.iter().filter(|referrer| referrer.clears) {
            let query = asking(referrer, going, MOST_EMPTIED + 1);
            let mut entity = Arc::clone(&referrer.entity);
            let mut rows = self.tx.select(frame.definer_context(), reading(&frame, entity.id)?, &query)?;
            while let Some((parent, _)) = entity.parent {
                let parents: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.get(1).and_then(as_id)).collect();
                let Some(owner) = frame.catalog.entity(parent) else { break };
                entity = Arc::clone(owner);
                let query = page::by_ids(entity.id, columns(&entity), parents.into_iter().collect());
                rows = self.tx.select(frame.definer_context(), reading(&frame, entity.id)?, &query)?;
            }
            roots.entry(entity.id).or_default().extend(rows.iter().filter_map(page::id_of));
            if roots.values().map(BTreeSet::len).sum::<usize>() > MOST_EMPTIED {
                return Ok(None);
            }
        }
        // What goes needs no emptying.
        for (entity, ids) in &mut roots {
            ids.retain(|id| !going.get(entity).is_some_and(|gone| gone.contains(id)));
        }
        Ok(Some(roots))
    }

    /// Referring records, locked and read as definer, with their lines.
    fn referring(&mut self, entity: &Arc<Entity>, ids: BTreeSet<Uuid>) -> Result<Vec<Work>, RecordsError> {
        let frame = Arc::clone(&self.frame);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let permit = decide(&frame.definer, Action::Update, entity.id).map_err(|_denied| definer_bug())?;
        for id in &ids {
            self.tx.lock(frame.definer_context(), permit, entity.id, RecordId(*id))?;
        }
        let drafts = load::by_ids(&frame, self.tx, entity, ids.into_iter().collect())?;
        let mut works: Vec<Work> = drafts
            .into_iter()
            .map(|draft| Work { draft, action: Action::Purge, name: "update".to_owned(), findings: Findings::default() })
            .collect();
        let mut drafts: Vec<&mut Draft> = works.iter_mut().map(|work| &mut work.draft).collect();
        load::load_lines(&frame, self.tx, &mut drafts)?;
        Ok(works)
    }
}

fn reading(frame: &Frame, entity: EntityId) -> Result<&kontor_access::Permit, RecordsError> {
    decide(&frame.definer, Action::Read, entity).map_err(|_denied| definer_bug())
}

/// The record and its lines.
fn going(draft: &Draft) -> Going {
    let mut going = Going::new();
    draft.visit(&mut |draft| {
        going.entry(draft.entity.id).or_default().insert(draft.id);
    });
    going
}

/// Every stored field of every entity that may lead to what goes.
fn referrers(frame: &Frame, going: &Going) -> Vec<Referrer> {
    let mut found = Vec::new();
    for entity in frame.catalog.entities.values() {
        for field in entity.fields.iter().filter(|field| field.column().is_some() && field.id != FieldId::PARENT) {
            let Some(target) = field.ty.reference().filter(|target| going.contains_key(target)) else { continue };
            found.push(Referrer { entity: Arc::clone(entity), field: field.id, target, clears: clears(field) });
        }
    }
    found
}

/// Only what somebody entered can be emptied; a copied or computed reference stands in the way.
fn clears(field: &Field) -> bool {
    field.class == FieldClass::Input
        && !field.id.0.is_system()
        && matches!(field.ty, FieldType::Reference { on_delete: OnDelete::Clear, .. })
}

/// The rows that refer to what goes, but do not go themselves.
fn asking(referrer: &Referrer, going: &Going, limit: usize) -> Query {
    let ids = going.get(&referrer.target).into_iter().flatten().map(|id| Value::Id(*id));
    let refers = condition::field_in(referrer.field, Type::Record(referrer.target), ids);
    let filter = match going.get(&referrer.entity.id) {
        Some(own) => condition::but_not(&refers, referrer.entity.id, own.iter().copied().collect()),
        None => refers,
    };
    Query {
        entity: referrer.entity.id,
        columns: columns(&referrer.entity),
        filter: Some(filter),
        sort: Vec::new(),
        after: None,
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        archived: Archived::With,
    }
}

/// The id and, for a line, its record.
fn columns(entity: &Entity) -> Vec<kontor_storage::query::Path> {
    let mut columns = vec![vec![FieldId::ID]];
    if entity.parent.is_some() {
        columns.push(vec![FieldId::PARENT]);
    }
    columns
}

/// Empties the references of a record and its lines to what goes.
fn empty(draft: &mut Draft, going: &Going) {
    let entity = Arc::clone(&draft.entity);
    for (place, field) in entity.fields.iter().enumerate().filter(|(_, field)| clears(field)) {
        let gone = field.ty.reference().and_then(|target| going.get(&target));
        if as_id(draft.at(place)).is_some_and(|id| gone.is_some_and(|gone| gone.contains(&id))) {
            draft.set(place, Value::Null);
        }
    }
    for lines in &mut draft.lines {
        if let Some(gone) = lines.entity.link().and_then(|link| going.get(&link.ty.reference()?)) {
            let stay: BTreeSet<Uuid> = lines.rows.iter().filter_map(links::target).filter(|id| !gone.contains(id)).collect();
            lines.given |= stay.len() < lines.rows.len();
            links::keep(lines, &stay);
            continue;
        }
        lines.rows.iter_mut().for_each(|line| empty(line, going));
    }
}

/// What of the record itself forbids to purge it.
fn check_purgeable(work: &mut Work) {
    let conflict = |code, message| FieldError::new(Class::Conflict, "", code, message);
    let mut findings = Vec::new();
    if work.draft.entity.app == "base" && work.draft.entity.name == "user" {
        let message = Text { zh: "用户不能彻底删除", en: "a person is never purged" };
        let way = Text {
            zh: "归档即可停用，其经办记录会保留", en: "archive the person: what they did stays under their name"
        };
        findings.push(conflict("person", message).suggest(way));
    }
    if work.draft.value(FieldId::ARCHIVED_AT).is_null() {
        let message = Text { zh: "只能彻底删除已归档的记录", en: "only archived records can be purged" };
        findings.push(conflict("not_archived", message).suggest(Text { zh: "请先归档", en: "archive it first" }));
    }
    if is_numbered(&work.draft) {
        let message = Text {
            zh: "记录已取得连续编号，不能彻底删除", en: "the record has a gapless number and is never purged"
        };
        let way = Text { zh: "可以作废或保持归档", en: "cancel it, or leave it archived" };
        findings.push(conflict("numbered", message).suggest(way));
    }
    findings.into_iter().for_each(|finding| work.findings.push(finding));
}

fn is_numbered(draft: &Draft) -> bool {
    let mut numbered = false;
    draft.visit(&mut |draft| {
        numbered |=
            draft.entity.fields.iter().enumerate().any(|(place, field)| {
                matches!(field.ty, FieldType::AutoNumber { gapless: true, .. }) && !draft.at(place).is_null()
            });
    });
    numbered
}

fn in_the_way(entity: &Entity, count: u64) -> FieldError {
    let (zh, en) = (entity.title.get("zh-CN").unwrap_or(&entity.name), entity.title.get("en").unwrap_or(&entity.name));
    FieldError::new(
        Class::Conflict,
        "",
        "referenced",
        Text {
            zh: &format!("还有 {count} 条“{zh}”引用此记录"), en: &format!("records that refer to it in \"{en}\": {count}")
        },
    )
    .suggest(Text {
        zh: "请先修改这些记录，或让此记录保持归档", en: "change those records first, or leave this one archived"
    })
}

fn hidden_in_the_way() -> FieldError {
    FieldError::new(
        Class::Conflict,
        "",
        "referenced",
        Text { zh: "还有您看不到的记录引用此记录", en: "records that you cannot see refer to it" },
    )
    .suggest(Text {
        zh: "请联系管理员，或让此记录保持归档", en: "ask an administrator, or leave this one archived"
    })
}

fn cannot_be_emptied(frame: &Frame, entity: &Entity) -> FieldError {
    if frame.names().permit(entity.id).is_none() {
        return hidden_in_the_way();
    }
    let (zh, en) = (entity.title.get("zh-CN").unwrap_or(&entity.name), entity.title.get("en").unwrap_or(&entity.name));
    FieldError::new(
        Class::Conflict,
        "",
        "referenced",
        Text {
            zh: &format!("有“{zh}”的记录清空对此记录的引用后无法保存"),
            en: &format!("a record in \"{en}\" cannot be saved without its reference to this one"),
        },
    )
    .suggest(Text { zh: "请先修改引用它的记录", en: "change the records that refer to it first" })
}

fn too_many() -> FieldError {
    FieldError::new(
        Class::Refused,
        "",
        "too_many",
        Text {
            zh: &format!("引用此记录的记录超过 {MOST_EMPTIED} 条"),
            en: &format!("more than {MOST_EMPTIED} records refer to it"),
        },
    )
    .suggest(Text { zh: "请先分批清空这些引用", en: "empty those references in batches first" })
}
