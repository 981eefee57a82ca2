//! What an entity says of records that are the same thing.
use super::{
    codes::Code,
    findings::Findings,
    graph::Graph,
    sensitive::is_sensitive,
    sets::{Sets, is_class, member},
    world::{EntityIx, World, folded_field, is_line_of_text},
};
use crate::{
    catalog::{DuplicateRule, FieldClass},
    id::{Aspect, FieldId},
    model::entity::Reveal,
};

/// Checks and resolves the rules.
pub(super) fn rules(world: &World, entity: EntityIx, sets: &Sets, graph: &Graph, findings: &mut Findings) -> Vec<DuplicateRule> {
    let Some((work, head)) = world.entities.get(entity).and_then(|work| Some((work, work.head.as_ref()?))) else {
        return Vec::new();
    };
    if !head.duplicates.is_empty() && work.parent.is_some() {
        findings.add(work.file, "/duplicates", Code::NotOnLines, &["duplicates"]);
        return Vec::new();
    }
    let mut rules = Vec::new();
    for (index, doc) in head.duplicates.iter().enumerate() {
        let pointer = format!("/duplicates/{index}/match");
        if doc.fields.is_empty() {
            findings.add(work.file, &pointer, Code::NotMatchable, &["[]"]);
        }
        let mut fields = Vec::with_capacity(doc.fields.len());
        for (place, text) in doc.fields.iter().enumerate() {
            let pointer = format!("{pointer}/{place}");
            let matched = matched(world, entity, (text, &pointer), graph, findings);
            if matched.is_some_and(|field| fields.contains(&field)) {
                findings.add(work.file, &pointer, Code::DuplicateName, &[text]);
            }
            fields.extend(matched);
        }
        let told = match doc.reveal {
            Reveal::Nothing => None,
            Reveal::Owner => (!head.owner).then_some("owner"),
            Reveal::Label => sets.label.is_none().then_some("label"),
        };
        if let Some(told) = told {
            findings.add(work.file, &format!("/duplicates/{index}/reveal"), Code::NothingToReveal, &[told]);
        }
        rules.push(DuplicateRule { fields, action: doc.action, reveal: doc.reveal });
    }
    rules
}

/// What `country` or `fold(name)` stands for.
fn matched(
    world: &World,
    entity: EntityIx,
    (text, pointer): (&str, &str),
    graph: &Graph,
    findings: &mut Findings,
) -> Option<FieldId> {
    let file = world.entities.get(entity)?.file;
    let folded = folded_field(text);
    if folded.is_none() && text.contains(|character: char| !character.is_alphanumeric() && character != '_') {
        findings.add(file, pointer, Code::NotMatchable, &[text]);
        return None;
    }
    let (slot, ty) = member(world, entity, folded.unwrap_or(text), pointer, findings)?;
    if is_class(FieldClass::Live, world, entity, slot, graph) {
        findings.add(file, pointer, Code::LiveNotStored, &[&slot.name]);
    } else if is_sensitive(slot) {
        findings.add(file, pointer, Code::SensitiveHere, &[&slot.name]);
    } else if is_class(FieldClass::Rollup, world, entity, slot, graph) || (folded.is_some() && !is_line_of_text(ty)) {
        findings.add(file, pointer, Code::NotMatchable, &[text]);
    }
    Some(if folded.is_some() { slot.id.aspect(Aspect::Folded) } else { slot.id })
}
