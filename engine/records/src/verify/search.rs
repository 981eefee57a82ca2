//! Search: every live record is found by the words it holds, and nothing else is found.
use kontor_apps::search::{Difference, differences};
use kontor_storage::Tx;

use super::{Breach, Invariant, Report};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// Looks at the index.
pub(super) fn look(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    for Difference { entity, record, field } in differences(tx, frame.definer_context())? {
        let text = Text { zh: "搜索索引与记录不一致", en: "the search index does not hold the words of the record" };
        let breach = Breach::new(Invariant::Search, text).of(entity).at(record);
        report.add(match field {
            Some(field) => breach.field(field),
            None => breach,
        });
    }
    Ok(())
}
