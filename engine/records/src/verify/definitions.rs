//! The published documents: each as it was kept, and all of the live revision there.
use kontor_storage::{
    Tx,
    system::{document, revision, state},
};

use super::{Breach, Invariant, Report};
use crate::{error::RecordsError, finding::Text};

/// Looks at the documents.
pub(super) fn look(tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    for hash in document::altered(tx)? {
        let (zh, en) = (format!("定义文件 {hash} 的内容已被改动"), format!("the text of the definition {hash} was altered"));
        report.add(Breach::new(Invariant::Definitions, Text { zh: &zh, en: &en }));
    }
    let live = state::read(tx)?.revision;
    if revision::get(tx, live)?.is_none() || revision::documents(tx, live)?.is_empty() {
        let (zh, en) =
            (format!("当前版本 {live} 的定义不存在"), format!("the definitions of the live revision {live} are missing"));
        report.add(Breach::new(Invariant::Definitions, Text { zh: &zh, en: &en }));
    }
    Ok(())
}
