//! What a list is sorted by when a person names a field: texts by their sort key, choices by the order of their options,
//! references by the label of what they lead to, everything else by its value.
use kontor_definitions::{Aspect, ColumnType, Entity, Field, FieldId, FieldType};
use kontor_storage::query::Path;

use crate::frame::Frame;

/// Labels that are references themselves are followed so far.
const DEPTH: usize = 4;

/// The path that is compared and the type of its values; `None` where values have no order.
pub(crate) fn key_of(frame: &Frame, entity: &Entity, along: &[&Field]) -> Option<(Path, ColumnType)> {
    let names = frame.names();
    let mut at = entity;
    for field in along.iter().take(along.len().saturating_sub(1)) {
        at = names.target(field)?;
    }
    let mut last = *along.last()?;
    let mut path: Path = along.iter().map(|field| field.id).collect();
    // What one may not read does not order what one reads: then the id does, which belongs to the row.
    while path.len() <= along.len() + DEPTH
        && let Some(target) = last.ty.reference().and_then(|id| names.catalog.entity(id))
        && let Some(label) = target.field(target.label).filter(|label| label.id != FieldId::ID)
        && names.readable(target.id, label.id)
        && is_ordered(label)
    {
        (at, last) = (target, label);
        path.push(label.id);
    }
    let ty = match last.ty.result() {
        FieldType::Choices { .. } | FieldType::Json(_) | FieldType::Files { .. } => return None,
        FieldType::Choice { .. } | FieldType::State(_) => {
            *path.last_mut()? = last.id.aspect(Aspect::Rank);
            ColumnType::Integer
        }
        ty => {
            let key = last.id.aspect(Aspect::SortKey);
            if at.aspects.contains(&key) && frame.physical.has(at.id, key) {
                *path.last_mut()? = key;
            }
            ty.column()?
        }
    };
    Some((path, ty))
}

fn is_ordered(field: &Field) -> bool {
    !matches!(field.ty.result(), FieldType::Choices { .. } | FieldType::Json(_) | FieldType::Files { .. })
        && field.ty.column().is_some()
}
