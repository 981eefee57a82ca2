//! Step: the input of a `links` field becomes its rows: a list of ids is the complete new one, `add` and `remove` change some.
//!
//! Links have no order that anybody gives: what is there stays in its place, what is new stands behind it.
use std::collections::BTreeSet;

use kontor_definitions::Value;
use uuid::Uuid;

use super::{
    coerce::{Apply, too_many, wrong_type},
    draft::{Draft, DraftLines},
    known::as_id,
};
use crate::{
    coerce::coerce,
    finding::{Class, FieldError, Findings, Text, below, quoted},
    input::Input,
};

impl Apply<'_> {
    /// Applies an input to the links of a draft.
    pub(super) fn links(&mut self, draft: &mut Draft, place: usize, value: &Input, pointer: &str, findings: &mut Findings) {
        let parent = draft.id;
        let Some(links) = draft.lines.iter_mut().find(|lines| lines.place == place) else { return };
        links.given = true;
        match value {
            Input::Null => keep(links, &BTreeSet::new()),
            Input::List(items) => {
                let Some(wanted) = ids(links, items, pointer, findings) else { return };
                keep(links, &wanted.iter().map(|(_, id)| *id).collect());
                self.add(links, parent, wanted);
            }
            Input::Object(parts) => {
                for (key, value) in parts {
                    let pointer = below(pointer, key);
                    let items = match value {
                        Input::List(items) if ["add", "remove"].contains(&key.as_str()) => items,
                        other if ["add", "remove"].contains(&key.as_str()) => {
                            findings.push(wrong_type(&pointer, other, Text { zh: "数组", en: "an array" }));
                            continue;
                        }
                        _ => {
                            findings.push(unknown_part(key, pointer));
                            continue;
                        }
                    };
                    let Some(named) = ids(links, items, &pointer, findings) else { continue };
                    if key == "add" {
                        self.add(links, parent, named);
                    } else {
                        let gone: BTreeSet<Uuid> = named.into_iter().map(|(_, id)| id).collect();
                        keep(links, &links.rows.iter().filter_map(target).filter(|id| !gone.contains(id)).collect());
                    }
                }
            }
            other => findings.push(wrong_type(pointer, other, Text { zh: "数组", en: "an array" })),
        }
    }

    /// A row for each record that none leads to yet.
    fn add(&mut self, links: &mut DraftLines, parent: Uuid, wanted: Vec<(String, Uuid)>) {
        let mut there: BTreeSet<Uuid> = links.rows.iter().filter_map(target).collect();
        let Some(place) = links.entity.link().and_then(|link| links.entity.index_of(link.id)) else { return };
        for (pointer, id) in wanted {
            if !there.insert(id) {
                continue;
            }
            // What the same input took away before comes back as it was.
            if let Some(taken) = links.removed.iter().position(|row| target(row) == Some(id)) {
                links.rows.push(links.removed.remove(taken));
                continue;
            }
            let mut row = self.new_line(links, parent, pointer);
            row.set(place, Value::Id(id));
            row.given.push(place);
            links.rows.push(row);
        }
    }
}

/// Whether an input names exactly the records that the links lead to.
pub(super) fn are_as_stored(links: &DraftLines, value: &Input) -> bool {
    let Input::List(items) = value else { return false };
    let named = ids(links, items, "", &mut Findings::default());
    let stored: BTreeSet<Uuid> = links.rows.iter().filter_map(target).collect();
    named.is_some_and(|named| named.into_iter().map(|(_, id)| id).collect::<BTreeSet<_>>() == stored)
}

/// The record that a row leads to.
pub(crate) fn target(row: &Draft) -> Option<Uuid> {
    as_id(row.value(row.entity.link()?.id))
}

/// Takes away what is not among the records.
pub(super) fn keep(links: &mut DraftLines, wanted: &BTreeSet<Uuid>) {
    let (stay, go): (Vec<Draft>, Vec<Draft>) =
        links.rows.drain(..).partition(|row| target(row).is_some_and(|id| wanted.contains(&id)));
    links.rows = stay;
    links.removed.extend(go.into_iter().filter(|row| !row.is_new()));
}

/// The ids in a list with their places; nothing where it is too long. What cannot be an id is a finding, as for a reference.
fn ids(links: &DraftLines, items: &[Input], pointer: &str, findings: &mut Findings) -> Option<Vec<(String, Uuid)>> {
    let link = links.entity.link()?;
    if too_many(items.len(), pointer, findings) {
        return None;
    }
    let mut found = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let here = format!("{pointer}/{index}");
        match coerce(link, item, None, &here) {
            Ok(Value::Id(id)) => found.push((here, id)),
            Ok(_) => findings.push(wrong_type(&here, item, Text { zh: "记录 ID", en: "an id" })),
            Err(finding) => findings.push(finding),
        }
    }
    Some(found)
}

fn unknown_part(key: &str, pointer: String) -> FieldError {
    let shown = quoted(key);
    let text = Text { zh: &format!("没有名为“{shown}”的属性"), en: &format!("there is no property \"{shown}\"") };
    FieldError::new(Class::Malformed, pointer, "unknown_property", text)
        .suggest(Text { zh: "可用：add、remove", en: "use add and remove" })
}
