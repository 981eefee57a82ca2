//! Sensitive values: each opens in its place, and is what its fingerprint says.
use kontor_storage::{Tx, system::integrity};

use super::{Breach, Invariant, Report};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// Looks at every encrypted value, retired fields included.
pub(super) fn look(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    for damaged in integrity::damaged(tx, &frame.physical)? {
        let text = Text {
            zh: "敏感字段的密文已损坏、被移动，或与其指纹不符",
            en: "the encrypted value was damaged or moved, or is not what its fingerprint says",
        };
        let mut breach = Breach::new(Invariant::Sensitive, text).at(damaged.record);
        if let Some(entity) = frame.catalog.entity(damaged.entity) {
            breach = breach.of(entity.full_name());
            if let Some(field) = entity.field(damaged.field) {
                breach = breach.field(&field.name);
            }
        }
        report.add(breach);
    }
    Ok(())
}
