//! Sort keys and folded texts: every stored one is what its field gives.
use kontor_apps::aspects::{Difference, differences};
use kontor_definitions::Aspect;
use kontor_storage::Tx;

use super::{Breach, Invariant, Report};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// Looks at every stored aspect of every record.
pub(super) fn look(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    for Difference { entity, record, field, aspect } in differences(tx, frame.definer_context())? {
        let text = match aspect {
            Aspect::SortKey => {
                Text { zh: "排序键与字段的值不一致", en: "the sort key is not that of the field's value" }
            }
            Aspect::Folded | Aspect::Rank => {
                Text { zh: "归一写法与字段的值不一致", en: "the folded text is not that of the field's value" }
            }
        };
        report.add(Breach::new(Invariant::Aspects, text).of(entity).at(record).field(field));
    }
    Ok(())
}
