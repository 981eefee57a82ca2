//! History: every record's chain whole, and ending at the revision that the record has.
use std::collections::{HashMap, HashSet};

use kontor_definitions::{EntityId, RecordId};
use kontor_storage::{
    Tx,
    system::{
        history::{self as log, Link, Walk},
        tombstone,
    },
};

use super::{Breach, Invariant, Report, tables::entity_name};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// Revisions read at a time.
const PAGE: i64 = 1_000;

/// Records by id with their revision, of entities whose history is kept.
pub(super) type Seen = HashMap<RecordId, (EntityId, i64)>;

/// Looks at the history of every record.
pub(super) fn look(frame: &Frame, tx: &mut Tx, seen: &Seen, report: &mut Report) -> Result<(), RecordsError> {
    let mut walk = Walk::default();
    let mut told: HashSet<RecordId> = HashSet::new();
    let mut last: Option<Link> = None;
    let mut met = 0_usize;
    loop {
        let links = walk.next(tx, PAGE)?;
        for link in &links {
            report.revisions += 1;
            if let Some(before) = last.filter(|before| before.record != link.record) {
                met += usize::from(seen.contains_key(&before.record));
                head(frame, tx, seen, before, report)?;
            }
            if !link.whole && told.insert(link.record) {
                let zh = format!("修改记录在第 {} 版断开：有记录被改动或删除", link.revision);
                let en = format!("the history is broken at revision {}: it was altered or a part is missing", link.revision);
                let breach = Breach::new(Invariant::History, Text { zh: &zh, en: &en });
                report.add(breach.of(entity_name(frame, link.entity)).at(link.record));
            }
            last = Some(*link);
        }
        if links.is_empty() {
            break;
        }
    }
    if let Some(before) = last {
        met += usize::from(seen.contains_key(&before.record));
        head(frame, tx, seen, before, report)?;
    }
    if met < seen.len() {
        without(frame, tx, seen, report)?;
    }
    Ok(())
}

/// The end of a chain against its record.
fn head(frame: &Frame, tx: &mut Tx, seen: &Seen, last: Link, report: &mut Report) -> Result<(), RecordsError> {
    let at =
        |zh: &str, en: &str| Breach::new(Invariant::History, Text { zh, en }).of(entity_name(frame, last.entity)).at(last.record);
    match seen.get(&last.record) {
        Some((_, revision)) if *revision == last.revision => {}
        Some((_, revision)) => {
            let zh = format!("记录为第 {revision} 版，而修改记录止于第 {} 版", last.revision);
            let en = format!("the record is at revision {revision}, its history ends at {}", last.revision);
            report.add(at(&zh, &en));
        }
        // History of an entity that was removed, or is no longer tracked, stays as it is.
        None if frame.catalog.entity(last.entity).is_none_or(|entity| !entity.track) => {}
        // A purged record leaves its tombstone, which names the hash its history ends with.
        None if is_buried(tx, last.record)? => {}
        None => report.add(at("记录已不存在，而修改记录仍在", "the record is gone, its history is still there")),
    }
    Ok(())
}

/// Whether the record was purged and its history still ends where its tombstone says.
fn is_buried(tx: &mut Tx, record: RecordId) -> Result<bool, RecordsError> {
    let Some(stone) = tombstone::get(tx, record)? else { return Ok(false) };
    Ok(log::last_hash(tx, record)? == stone.history_hash)
}

/// Records that history knows nothing of, found only when there are some.
fn without(frame: &Frame, tx: &mut Tx, seen: &Seen, report: &mut Report) -> Result<(), RecordsError> {
    let mut known: HashSet<RecordId> = HashSet::new();
    let mut walk = Walk::default();
    loop {
        let links = walk.next(tx, PAGE)?;
        if links.is_empty() {
            break;
        }
        known.extend(links.iter().map(|link| link.record));
    }
    let mut missing: Vec<(&RecordId, &EntityId)> =
        seen.iter().filter(|(id, _)| !known.contains(*id)).map(|(id, (entity, _))| (id, entity)).collect();
    missing.sort_unstable();
    for (record, entity) in missing {
        let text = Text { zh: "记录没有修改记录", en: "the record has no history" };
        report.add(Breach::new(Invariant::History, text).of(entity_name(frame, *entity)).at(*record));
    }
    Ok(())
}
