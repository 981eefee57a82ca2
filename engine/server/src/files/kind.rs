//! What a file is, by its bytes, against what it is said to be.
use std::io::{Read, Seek};

use super::office;

const PDF: &str = "application/pdf";
const PNG: &str = "image/png";
const JPEG: &str = "image/jpeg";
const GIF: &str = "image/gif";
const WEBP: &str = "image/webp";
pub(super) const ZIP: &str = "application/zip";
/// What older office documents are kept in.
pub(super) const OLE: &str = "application/x-ole-storage";
/// A newer office document under a password, which is kept as older ones are and does not say which one it is.
pub(super) const PROTECTED: &str = "application/x-protected-document";
pub(super) const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub(super) const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
pub(super) const ODT: &str = "application/vnd.oasis.opendocument.text";
pub(super) const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";
pub(super) const ODP: &str = "application/vnd.oasis.opendocument.presentation";
pub(super) const DOC: &str = "application/msword";
pub(super) const XLS: &str = "application/vnd.ms-excel";
pub(super) const PPT: &str = "application/vnd.ms-powerpoint";
pub(super) const MSG: &str = "application/vnd.ms-outlook";
const TEXT: &str = "text/plain";
const BYTES: &str = "application/octet-stream";

/// Images that are told apart by their bytes and drawn as thumbnails.
pub(crate) const IMAGES: [&str; 4] = [PNG, JPEG, GIF, WEBP];

/// Types that may be shown inside a page of ours: nothing in them can run.
pub(crate) const SHOWN_INLINE: [&str; 5] = [PDF, PNG, JPEG, GIF, WEBP];

/// Bytes that many types are made of, which we do not all know.
const HOLDERS: [&str; 10] = [TEXT, ZIP, OLE, DOCX, XLSX, PPTX, DOC, XLS, PPT, PROTECTED];

/// Endings of names: the type they promise, and what its bytes look like.
const ENDINGS: [(&str, &str, &str); 26] = [
    ("pdf", PDF, PDF),
    ("png", PNG, PNG),
    ("jpg", JPEG, JPEG),
    ("jpeg", JPEG, JPEG),
    ("gif", GIF, GIF),
    ("webp", WEBP, WEBP),
    ("zip", ZIP, ZIP),
    ("docx", DOCX, DOCX),
    ("xlsx", XLSX, XLSX),
    ("pptx", PPTX, PPTX),
    ("odt", ODT, ODT),
    ("ods", ODS, ODS),
    ("odp", ODP, ODP),
    ("doc", DOC, DOC),
    ("xls", XLS, XLS),
    ("ppt", PPT, PPT),
    ("msg", MSG, MSG),
    ("txt", TEXT, TEXT),
    ("csv", "text/csv", TEXT),
    ("md", "text/markdown", TEXT),
    ("html", "text/html", TEXT),
    ("htm", "text/html", TEXT),
    ("json", "application/json", TEXT),
    ("xml", "application/xml", TEXT),
    ("svg", "image/svg+xml", TEXT),
    ("log", TEXT, TEXT),
];

/// A file that is not what it is said to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// What it is said to be.
    pub(crate) declared: String,
    /// What its bytes are.
    pub(crate) found: String,
}

/// What a file is by its bytes, where they tell.
pub(super) fn look(head: &[u8], file: &mut (impl Read + Seek)) -> Option<&'static str> {
    match found(head) {
        Some(ZIP) => Some(office::in_zip(file, head)),
        Some(OLE) => Some(office::in_compound(file)),
        other => other,
    }
}

/// Whether bytes are what they should be. Documents are zip or compound files too.
fn is(found: Option<&str>, expected: &str) -> bool {
    let newer = [DOCX, XLSX, PPTX];
    let Some(found) = found else { return false };
    found == expected
        || (found == PROTECTED && newer.contains(&expected))
        || (expected == ZIP && (newer.contains(&found) || [ODT, ODS, ODP].contains(&found)))
}

/// The type of a file by what its bytes are, its name and the type it was sent as. The name and the type sent must not
/// promise something else than the bytes are; where the bytes say little, they decide.
pub(crate) fn media_type(found: Option<&'static str>, name: &str, sent: &str) -> Result<String, Mismatch> {
    let sent = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let sent = if sent == "image/jpg" { JPEG.to_owned() } else { sent };
    let said_nothing = ["", BYTES, "application/x-www-form-urlencoded"].contains(&sent.as_str()) || !is_plain(&sent);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let ending = ENDINGS.iter().find(|(known, ..)| *known == ending);
    let mismatch = |declared: &str| Err(Mismatch { declared: declared.to_owned(), found: found.unwrap_or(BYTES).to_owned() });
    if let Some((_, media, bytes)) = ending
        && !is(found, bytes)
    {
        return mismatch(media);
    }
    if !said_nothing {
        // Windows sends tables of text as what it opens them with.
        let opened_with_excel = sent == "application/vnd.ms-excel" && ending.is_some_and(|(.., bytes)| *bytes == TEXT);
        match looks_like(&sent) {
            Some(bytes) if !is(found, bytes) && !opened_with_excel => return mismatch(&sent),
            None if found.is_some_and(|found| !HOLDERS.contains(&found)) => return mismatch(&sent),
            Some(_) | None => {}
        }
    }
    Ok(match (found, ending) {
        (Some(exact), _) if SHOWN_INLINE.contains(&exact) => exact.to_owned(),
        (_, Some((_, media, _))) => (*media).to_owned(),
        _ if !said_nothing => sent,
        (Some(found), None) => found.to_owned(),
        (None, None) => BYTES.to_owned(),
    })
}

/// What the bytes of a type look like, for the types that can be told.
fn looks_like(media: &str) -> Option<&'static str> {
    let known = ENDINGS.iter().find(|(_, known, _)| *known == media).map(|(.., bytes)| *bytes);
    match media {
        "application/x-zip-compressed" => Some(ZIP),
        _ if media.starts_with("text/") => Some(TEXT),
        _ => known,
    }
}

/// `type/subtype` of harmless characters.
fn is_plain(media: &str) -> bool {
    let allowed = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c));
    media.len() <= 100 && media.split_once('/').is_some_and(|(kind, subtype)| allowed(kind) && allowed(subtype))
}

fn found(head: &[u8]) -> Option<&'static str> {
    let begins = |magic: &[u8]| head.starts_with(magic);
    if begins(b"%PDF-") {
        Some(PDF)
    } else if begins(b"\x89PNG\r\n\x1a\n") {
        Some(PNG)
    } else if begins(b"\xff\xd8\xff") {
        Some(JPEG)
    } else if begins(b"GIF87a") || begins(b"GIF89a") {
        Some(GIF)
    } else if begins(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Some(WEBP)
    } else if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
        Some(ZIP)
    } else if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        Some(OLE)
    } else if begins(b"MZ") && !is_text(head) {
        Some("application/vnd.microsoft.portable-executable")
    } else if begins(b"\xff\xfe") || begins(b"\xfe\xff") || is_text(head) {
        Some(TEXT)
    } else {
        None
    }
}

/// Text in any usual encoding: none of the control characters that texts do not have.
fn is_text(head: &[u8]) -> bool {
    head.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

#[cfg(test)]
mod tests {
    use super::{DOCX, OLE, PROTECTED, XLSX, ZIP, found, media_type};

    #[test]
    fn files_are_what_they_say_or_named() {
        let pdf = b"%PDF-1.7\n";
        for (head, name, sent, expected) in [
            (pdf.as_slice(), "a.pdf", "application/pdf", Ok("application/pdf")),
            (pdf, "a", "", Ok("application/pdf")),
            (pdf, "a.png", "", Err(("image/png", "application/pdf"))),
            (pdf, "a", "image/png", Err(("image/png", "application/pdf"))),
            (pdf, "a", "video/mp4", Err(("video/mp4", "application/pdf"))),
            (pdf, "a.pdf", "text/html;image/png", Err(("text/html", "application/pdf"))),
            (b"a,b\n", "a.csv", "application/vnd.ms-excel", Ok("text/csv")),
            (b"a,b\n", "a.xls", "application/vnd.ms-excel", Err(("application/vnd.ms-excel", "text/plain"))),
            (b"<svg>", "a.svg", "image/svg+xml", Ok("image/svg+xml")),
            (b"<svg>", "a.png", "image/png", Err(("image/png", "text/plain"))),
            (b"\0\x01", "a.bin", "application/octet-stream", Ok("application/octet-stream")),
            (b"\0\x01", "a.mp4", "video/mp4", Ok("video/mp4")),
            (b"\0\x01", "a.txt", "", Err(("text/plain", "application/octet-stream"))),
            (b"MZ\x90\0", "a.pdf", "application/pdf", Err(("application/pdf", "application/vnd.microsoft.portable-executable"))),
        ] {
            let answer = media_type(found(head), name, sent);
            let answer = answer.as_deref().map_err(|wrong| (wrong.declared.as_str(), wrong.found.as_str()));
            assert_eq!(answer, expected, "{name} {sent}");
        }
    }

    #[test]
    fn documents_are_no_zip_files_and_none_but_what_they_are() {
        for (found, name, sent, expected) in [
            (DOCX, "a.docx", DOCX, Ok(DOCX)),
            (DOCX, "a", "", Ok(DOCX)),
            (DOCX, "a.zip", "application/x-zip-compressed", Ok(ZIP)),
            (ZIP, "a.zip", "", Ok(ZIP)),
            (ZIP, "a.docx", "", Err((DOCX, ZIP))),
            (XLSX, "a.docx", "", Err((DOCX, XLSX))),
            (ZIP, "a", DOCX, Err((DOCX, ZIP))),
            (PROTECTED, "a.xlsx", XLSX, Ok(XLSX)),
            (OLE, "a.xlsx", "", Err((XLSX, OLE))),
            (OLE, "a.wps", "", Ok(OLE)),
            (ZIP, "a.epub", "application/epub+zip", Ok("application/epub+zip")),
            (PROTECTED, "a.zip", "", Err((ZIP, PROTECTED))),
        ] {
            let answer = media_type(Some(found), name, sent);
            let answer = answer.as_deref().map_err(|wrong| (wrong.declared.as_str(), wrong.found.as_str()));
            assert_eq!(answer, expected, "{found} {name} {sent}");
        }
    }
}
