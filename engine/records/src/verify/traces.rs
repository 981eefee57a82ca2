//! What records leave behind: events that tell of them, tombstones of those that were purged.
use kontor_storage::{
    Tx,
    system::consistency::{Misfit, misfits},
};

use super::{
    Breach,
    Invariant::{self, Events, Tombstones},
    Report,
};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// Looks at events and tombstones.
pub(super) fn look(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    for (misfit, record) in misfits(tx, &frame.physical)? {
        let (invariant, zh, en) = told(misfit);
        let breach = Breach::new(invariant, Text { zh, en });
        report.add(match record {
            Some(record) => breach.at(record),
            None => breach,
        });
    }
    Ok(())
}

fn told(misfit: Misfit) -> (Invariant, &'static str, &'static str) {
    match misfit {
        Misfit::EventTwice => (Events, "同一次修改有两个事件", "two events tell of the same revision of the record"),
        Misfit::EventAhead => {
            (Events, "事件的修改号高于记录的修改号", "an event tells of a revision that the record does not have")
        }
        Misfit::EventOfNothing => {
            (Events, "事件所指的记录不存在，也没有清除记载", "an event tells of a record that neither exists nor was purged")
        }
        Misfit::EventWithoutSubject => {
            (Events, "事件的种类与所指的对象不符", "the kind of an event does not fit what it is about")
        }
        Misfit::StoneOfLiving => (Tombstones, "记录存在，却有清除记载", "the record exists and has a tombstone"),
        Misfit::StoneHash => {
            (Tombstones, "清除记载与修改历史的结尾不符", "the tombstone does not hold what closed the record's history")
        }
        Misfit::NoStone => (Tombstones, "记录已被清除，却没有清除记载", "the record was purged and has no tombstone"),
    }
}
