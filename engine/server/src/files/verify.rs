//! I11 of the design: every file has its content, of the size and hash that were written down, and no content is without a file.
//!
//! Part of `kontor verify`, outside the transaction that looks at the rows: a store of any size is looked at page by page, and what
//! seems wrong is asked for again, because files come and go meanwhile.
use std::{collections::BTreeSet, io, time::Duration};

use kontor_apps::Tenant;
use kontor_definitions::LocalText;
use kontor_records::verify::{Invariant, Report};
use kontor_storage::{StorageError, system::file};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::{Listed, Part, hex, names};
use crate::{engine::Engine, language::Text};

/// Contents asked for in one statement.
const PAGE: usize = 500;
/// A content is written before its file can be found.
const UNDER_WAY: Duration = Duration::from_secs(3600);

/// How closely contents are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// That they are there, with their size.
    Size,
    /// Byte for byte.
    Bytes,
}

/// What is wrong with a content.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Missing,
    Size(u64),
    Altered,
    Unreadable,
}

/// Why contents could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The folder or bucket as a whole.
    #[error("the contents of files cannot be reached: {0}")]
    Contents(#[from] io::Error),
}

/// Looks at the contents of a tenant's files and adds what does not hold to a report.
pub async fn verify(
    engine: &Engine,
    tenant: &Tenant,
    (look, now): (Look, OffsetDateTime),
    report: &mut Report,
) -> Result<(), VerifyError> {
    every_file(engine, tenant, look, report).await?;
    let before = now - UNDER_WAY;
    for (part, text, is_error) in [
        (Part::Contents, Text("存储中的“{0}”不属于任何文件。", "\"{0}\" in the store of contents belongs to no file."), true),
        (
            Part::Thumbnails,
            Text("缩略图“{0}”没有对应的文件，下次清理时删除。", "The thumbnail \"{0}\" has no file; the next sweep removes it."),
            false,
        ),
    ] {
        for listed in strays(engine, tenant, part).await? {
            if OffsetDateTime::from(listed.changed) < before {
                report.tell(Invariant::Contents, is_error, text.with(&[&listed.name]));
            }
        }
    }
    Ok(())
}

async fn every_file(engine: &Engine, tenant: &Tenant, look: Look, report: &mut Report) -> Result<(), VerifyError> {
    let mut after = String::new();
    loop {
        let from = after.clone();
        let page = tenant.db().read(move |tx| file::contents(tx, &from, PAGE)).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        last.clone_into(&mut after);
        for (hash, size) in page {
            let expected = u64::try_from(size).unwrap_or_default();
            if let Some(wrong) = look_at(engine, tenant, (&hash, expected), look).await? {
                let asked = hash.clone();
                // None where it was removed meanwhile.
                let named = tenant.db().read(move |tx| file::with_content(tx, &asked)).await?;
                if let Some(row) = named {
                    report.tell(Invariant::Contents, true, said(&wrong, &row, expected));
                }
            }
        }
    }
}

fn said(wrong: &Wrong, row: &file::FileRow, expected: u64) -> LocalText {
    let (id, expected) = (row.id.to_string(), expected.to_string());
    match wrong {
        Wrong::Missing => {
            Text("文件“{0}”（{1}）的内容丢失。", "The content of the file \"{0}\" ({1}) is lost.").with(&[&row.name, &id])
        }
        Wrong::Size(found) => Text(
            "文件“{0}”（{1}）的内容应有 {2} 字节，实有 {3} 字节。",
            "The content of the file \"{0}\" ({1}) should have {2} bytes and has {3}.",
        )
        .with(&[&row.name, &id, &expected, &found.to_string()]),
        Wrong::Altered => {
            Text("文件“{0}”（{1}）的内容被改动。", "The content of the file \"{0}\" ({1}) is not what was uploaded.")
                .with(&[&row.name, &id])
        }
        Wrong::Unreadable => Text("文件“{0}”（{1}）的内容无法读取。", "The content of the file \"{0}\" ({1}) cannot be read.")
            .with(&[&row.name, &id]),
    }
}

async fn look_at(
    engine: &Engine,
    tenant: &Tenant,
    (hash, expected): (&str, u64),
    look: Look,
) -> Result<Option<Wrong>, VerifyError> {
    let name = names::content(hash);
    let outcome = match engine.contents().size(tenant.id(), &name).await {
        Ok(None) => Ok(Some(Wrong::Missing)),
        Ok(Some(found)) if found != expected => Ok(Some(Wrong::Size(found))),
        Ok(Some(_)) if look == Look::Size => Ok(None),
        Ok(Some(_)) => hash_of(engine, tenant, &name, expected).await.map(|found| (found != hash).then_some(Wrong::Altered)),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(wrong) => Ok(wrong),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Wrong::Missing)),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(error.into()),
        Err(_damaged) => Ok(Some(Wrong::Unreadable)),
    }
}

async fn hash_of(engine: &Engine, tenant: &Tenant, name: &str, size: u64) -> io::Result<String> {
    let mut chunks = engine.contents().read(tenant.id(), name, 0..size).await?;
    super::blocking(move || {
        let mut hasher = Sha256::new();
        while let Some(chunk) = chunks.blocking_recv() {
            hasher.update(&chunk?);
        }
        Ok(hex(&hasher.finalize()))
    })
    .await
}

/// What belongs to no file.
async fn strays(engine: &Engine, tenant: &Tenant, part: Part) -> Result<Vec<Listed>, VerifyError> {
    let mut listing = engine.contents().list(tenant.id(), part);
    let mut strays = Vec::new();
    loop {
        let mut some: Vec<Listed> = Vec::with_capacity(PAGE);
        while some.len() < PAGE
            && let Some(listed) = listing.recv().await
        {
            some.push(listed?);
        }
        if some.is_empty() {
            return Ok(strays);
        }
        let hashes: BTreeSet<String> = some.iter().map(Listed::hash).collect();
        let known = tenant.db().read(move |tx| file::known_contents(tx, &hashes)).await?;
        strays.extend(some.into_iter().filter(|listed| {
            let hash = listed.hash();
            let in_place = part == Part::Thumbnails || listed.name == names::content(&hash);
            !in_place || !known.contains(&hash)
        }));
    }
}
