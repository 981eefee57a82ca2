//! Which aspects of fields are stored: sort keys of what lists are sorted by, folded texts of what duplicates are told by.
use std::collections::BTreeSet;

use super::world::is_line_of_text;
use crate::{
    catalog::{Entity, FieldClass, Owned},
    id::{Aspect, EntityId, FieldId},
    model::ViewDoc,
};

/// Gives every entity its stored aspects, in the order of its fields.
///
/// A sort key is stored of one-line texts that are the label or that a view sorts by, in every language they have a text in.
/// A folded text is stored of labels and of what `duplicates` names in `fold(…)`. Lines have neither: they
/// stand in their own order. Neither have sensitive fields: nothing readable is stored of them.
pub(super) fn assign(entities: &mut [Entity], views: &[Owned<ViewDoc>]) {
    let sorted = sorted_by_views(entities, views);
    for entity in entities.iter_mut().filter(|entity| entity.parent.is_none()) {
        let mut aspects = Vec::new();
        for field in &entity.fields {
            if field.id.0.is_system() || field.sensitive || field.class == FieldClass::Live || !is_line_of_text(&field.ty) {
                continue;
            }
            let is_label = field.id == entity.label;
            if is_label || sorted.contains(&(entity.id, field.id)) {
                aspects.push(field.id.aspect(Aspect::SortKey));
                aspects.extend(field.texts().map(|texts| texts.aspect(Aspect::SortKey)));
            }
            let folded = field.id.aspect(Aspect::Folded);
            if is_label || entity.duplicates.iter().any(|rule| rule.fields.contains(&folded)) {
                aspects.push(folded);
            }
        }
        entity.aspects = aspects;
    }
}

/// The fields at the ends of the paths that views sort by.
fn sorted_by_views(entities: &[Entity], views: &[Owned<ViewDoc>]) -> BTreeSet<(EntityId, FieldId)> {
    let mut sorted = BTreeSet::new();
    for view in views {
        let name = &view.document.entity;
        let full = if name.contains('.') { name.clone() } else { format!("{}.{name}", view.app) };
        let Some(root) = entities.iter().find(|entity| entity.full_name() == full) else { continue };
        for path in &view.document.sort {
            let mut at = Some(root);
            for part in path.trim_start_matches('-').split('.') {
                let Some((entity, field)) = at.and_then(|entity| Some((entity, entity.field_named(part)?))) else { break };
                sorted.insert((entity.id, field.id));
                at = field.ty.reference().and_then(|id| entities.iter().find(|entity| entity.id == id));
            }
        }
    }
    sorted
}
