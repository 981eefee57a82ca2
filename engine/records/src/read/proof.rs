//! The proof that a revision of a record is sealed.
use kontor_definitions::{FieldId, RecordId};
use kontor_storage::{
    Tx,
    system::{
        history,
        seal::{self, Proof, Seal},
    },
};

use super::page;
use crate::{
    coerce::{instant_text, parse_id},
    error::RecordsError,
    frame::Frame,
    json,
};

/// Answers the hash of a revision and the way from it to its seal; a revision that waits for its seal has none yet.
pub(crate) fn proof(frame: &Frame, tx: &mut Tx, (entity, id): (&str, &str), revision: i64) -> Result<String, RecordsError> {
    let names = frame.names();
    let entity = names.entity(entity).ok_or(RecordsError::NotFound)?;
    let permit = names.permit(entity.id).ok_or(RecordsError::NotFound)?;
    let id = parse_id(id).ok_or(RecordsError::NotFound)?;
    if tx.select(frame.context(), permit, &page::by_ids(entity.id, vec![vec![FieldId::ID]], vec![id]))?.is_empty() {
        return Err(RecordsError::NotFound);
    }
    let hash = history::hash(tx, RecordId(id), revision)?.ok_or(RecordsError::NotFound)?;
    let proof = seal::prove(tx, RecordId(id), revision)?;
    let mut out = String::from("{");
    json::key(&mut out, "revision");
    out.push_str(&revision.to_string());
    json::key(&mut out, "hash");
    json::text(&mut out, &hash);
    json::key(&mut out, "path");
    write_path(&mut out, proof.as_ref());
    json::key(&mut out, "seal");
    match proof {
        Some(proof) => write_seal(&mut out, &proof.seal),
        None => out.push_str("null"),
    }
    out.push('}');
    Ok(out)
}

fn write_path(out: &mut String, proof: Option<&Proof>) {
    out.push('[');
    for step in proof.map(|proof| proof.path.as_slice()).unwrap_or_default() {
        if !out.ends_with('[') {
            out.push(',');
        }
        out.push('{');
        json::key(out, "side");
        json::text(out, if step.is_left { "left" } else { "right" });
        json::key(out, "hash");
        json::text(out, &step.sibling_text());
        out.push('}');
    }
    out.push(']');
}

fn write_seal(out: &mut String, seal: &Seal) {
    out.push('{');
    for (key, number) in [("number", seal.number), ("revisions", seal.revisions), ("accesses", seal.accesses)] {
        json::key(out, key);
        out.push_str(&number.to_string());
    }
    let texts = [("previous", &seal.previous), ("root", &seal.root), ("access_root", &seal.access_root), ("hash", &seal.hash)];
    for (key, text) in texts {
        json::key(out, key);
        json::text(out, text);
    }
    for (key, moment) in [("first_at", seal.first_at), ("last_at", seal.last_at), ("sealed_at", seal.sealed_at)] {
        json::key(out, key);
        json::text(out, &instant_text(moment));
    }
    out.push('}');
}
