//! Seals: one unbroken chain, each saying what its rows say, ending where a head that was kept elsewhere says.
use kontor_storage::{
    Tx,
    system::seal::{self, Covered, Head, Seal},
};
use time::{Duration, OffsetDateTime};

use super::{Breach, Invariant, Report};
use crate::{error::RecordsError, finding::Text, frame::Frame};

/// The access log is never kept for a shorter time than this.
pub const ACCESS_KEPT_AT_LEAST: Duration = Duration::days(180);

/// Seals read at a time.
const PAGE: i64 = 500;
/// Rows that wait longer for their seal are told: what the command line writes beside a running server may wait ten minutes.
const PATIENCE: Duration = Duration::minutes(20);
/// A row that says to be older than the seal before by more than this is told.
const LATE: Duration = Duration::hours(1);

/// What is known of the seals before.
struct Before {
    number: i64,
    hash: String,
    /// When the last run began that left nothing unsealed.
    drained_at: Option<OffsetDateTime>,
    /// When the seal before was made.
    sealed_at: Option<OffsetDateTime>,
    /// It had room for more rows.
    had_room: bool,
    /// Rows of the access log were there: from here on none may be gone.
    accesses_are_there: bool,
}

/// Looks at every seal, and whether the chain holds the heads that were kept elsewhere.
pub(super) fn look(frame: &Frame, tx: &mut Tx, heads: &[Head], report: &mut Report) -> Result<(), RecordsError> {
    let mut before =
        Before { number: 0, hash: String::new(), drained_at: None, sealed_at: None, had_room: false, accesses_are_there: false };
    let mut met = vec![false; heads.len()];
    loop {
        let seals = seal::list(tx, before.number, PAGE)?;
        if seals.is_empty() {
            break;
        }
        for seal in seals {
            for (head, met) in heads.iter().zip(&mut met) {
                *met |= head.number == seal.number && head.hash == seal.hash;
            }
            chained(&before, &seal, report);
            let covered = seal::covered(tx, seal.number)?;
            meet(&mut before, &seal);
            rows(frame, &mut before, &seal, &covered, report);
            before.number = seal.number;
            before.hash = seal.hash;
        }
    }
    end(tx, &before, report)?;
    for (head, _) in heads.iter().zip(met).filter(|(head, met)| !met && head.number > 0) {
        let number = head.number;
        let zh = format!("第 {number} 号封存与另行保存的哈希不符：其前的历史或访问日志被改动过");
        let en = format!("seal {number} is not the one that was kept elsewhere: history or the access log before it was altered");
        report.add(breach(&zh, &en));
    }
    waiting(frame, tx, report)
}

fn breach(zh: &str, en: &str) -> Breach {
    Breach::new(Invariant::Seals, Text { zh, en })
}

/// Whether a seal follows from the one before and from what it says itself.
fn chained(before: &Before, seal: &Seal, report: &mut Report) {
    let number = seal.number;
    if number != before.number + 1 || seal.previous != before.hash {
        let zh = format!("第 {number} 号封存不与前一号相接：有封存被删除或改动");
        let en = format!("seal {number} does not follow from the one before: a seal was removed or altered");
        report.add(breach(&zh, &en));
    }
    if seal::hash(seal) != seal.hash {
        let zh = format!("第 {number} 号封存被改动");
        let en = format!("seal {number} was altered");
        report.add(breach(&zh, &en));
    }
}

/// Whether the rows are those that were sealed.
fn rows(frame: &Frame, before: &mut Before, seal: &Seal, covered: &Covered, report: &mut Report) {
    let number = seal.number;
    if (covered.revisions, &covered.root) != (seal.revisions, &seal.root) {
        let (was, is) = (seal.revisions, covered.revisions);
        let zh = format!("第 {number} 号封存的修改记录被改动：封存时 {was} 条，现有 {is} 条，或内容不同");
        let en = format!("history under seal {number} was altered: {was} revisions were sealed, {is} are there, or others");
        report.add(breach(&zh, &en));
    }
    let forgotten =
        covered.accesses == 0 && !before.accesses_are_there && seal.sealed_at < frame.now.saturating_sub(ACCESS_KEPT_AT_LEAST);
    if (covered.accesses, &covered.access_root) != (seal.accesses, &seal.access_root) && !forgotten {
        let (was, is) = (seal.accesses, covered.accesses);
        let zh = format!("第 {number} 号封存的访问日志被改动：封存时 {was} 条，现有 {is} 条，或内容不同");
        let en = format!("the access log under seal {number} was altered: {was} rows were sealed, {is} are there, or others");
        report.add(breach(&zh, &en));
    }
    before.accesses_are_there |= covered.accesses > 0;
    let drained = before.drained_at.filter(|at| seal.first_at < at.saturating_sub(LATE));
    if drained.is_some() {
        let zh = format!("第 {number} 号封存含有自称早于上一次封存一小时以上的记录：可能是补写的");
        let en = format!("seal {number} has rows that say to be an hour older than the sealing before: they may be dated back");
        report.add(breach(&zh, &en).notice());
    }
}

/// All seals of one run have its moment; a run whose last seal had room left nothing behind.
fn meet(before: &mut Before, seal: &Seal) {
    if before.sealed_at.is_some_and(|at| at < seal.sealed_at) {
        before.drained_at = before.sealed_at.filter(|_| before.had_room);
    }
    before.sealed_at = Some(seal.sealed_at);
    before.had_room = seal.has_room();
}

/// Whether the chain ends where the tenant's own note says, and no row names a seal beyond it.
fn end(tx: &mut Tx, before: &Before, report: &mut Report) -> Result<(), RecordsError> {
    let head = seal::head(tx)?;
    if (head.number, &head.hash) != (before.number, &before.hash) {
        let (last, noted) = (before.number, head.number);
        let zh = format!("封存止于第 {last} 号，而登记的最新封存为第 {noted} 号或哈希不同");
        let en = format!("the seals end with number {last}, the newest one noted is number {noted} or has another hash");
        report.add(breach(&zh, &en));
    }
    for number in seal::astray(tx)? {
        let zh = format!("有记录属于第 {number} 号封存，而该封存不存在");
        let en = format!("rows belong to seal {number}, which is not there");
        report.add(breach(&zh, &en));
    }
    Ok(())
}

fn waiting(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
    let count = seal::waiting(tx, frame.now.saturating_sub(PATIENCE))?;
    if count > 0 {
        let zh = format!("{count} 条记录超过二十分钟未封存：服务运行时会自动封存，也可运行 kontor seal");
        let en = format!(
            "{count} rows have waited for their seal for over twenty minutes: a running server seals them, and so does kontor seal"
        );
        report.add(breach(&zh, &en).notice());
    }
    Ok(())
}
