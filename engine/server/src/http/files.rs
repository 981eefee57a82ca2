//! Uploading a file and taking it out again.
use std::{ops::Range, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use kontor_definitions::LocalText;
use kontor_records::NewFile;
use kontor_storage::{Queue, system::file::FileRow};

use super::{
    answer,
    caller::SignedIn,
    request::{Request, bad_parameter},
    route::Answer,
    work,
};
use crate::{
    engine::Engine,
    error::bug,
    files::{self, Receive, Received, kind, name_of_content},
    language::Text,
    problem::{Code, Problem},
};

/// Bytes of a megabyte.
pub(super) const MEGABYTE: u64 = 1024 * 1024;
/// Characters of a name.
const LONGEST_NAME: usize = 255;

/// `POST /api/files?name=contract.pdf`, the body being the file: kept until a record takes it, a day at least.
pub(super) async fn upload(engine: Arc<Engine>, person: SignedIn, request: Request, body: Body) -> Answer {
    let query = request.query(&["name"])?;
    let name = name_of(query.get("name").unwrap_or_default())?;
    let sent = request.header(header::CONTENT_TYPE).unwrap_or_default().to_owned();
    let limits = engine.config().files;
    let (largest, quota) = (limits.file.saturating_mul(MEGABYTE), limits.tenant.saturating_mul(MEGABYTE));
    let who = (&person, request.language);
    let left = quota.saturating_sub(work::read(&engine, who, |session| session.file_bytes()).await?);
    let too_large = || if left < largest { quota_reached(limits.tenant) } else { file_too_large(limits.file) };
    let allowed = largest.min(left);
    let received = match engine.incoming().receive(person.tenant.id(), body, allowed).await {
        Ok(received) => received,
        Err(Receive::TooLarge) => return Err(too_large()),
        Err(Receive::Broken) => return Err(Problem::new(Code::BadRequest)),
        Err(Receive::Disk(error)) => return Err(disk(&error)),
    };
    if received.size == 0 {
        let text = Text("文件是空的，请重新选择。", "The file is empty; choose another one.");
        return Err(Problem::new(Code::Invalid).named("empty_file").because(text.with(&[])));
    }
    let media_type = kind::media_type(received.found, &name, &sent).map_err(|wrong| mismatch(&name, &wrong))?;
    let new = NewFile { hash: received.hash.clone(), name, media_type, size: received.size };
    let made = keep(&engine, who, &new, received, quota).await?;
    let Some((row, body)) = made else { return Err(quota_reached(limits.tenant)) };
    let response = answer::raw(StatusCode::CREATED, HeaderValue::from_static("application/json"), body);
    Ok(answer::header(response, header::LOCATION, &format!("/api/files/{}", row.id)))
}

/// Makes a file known, puts its content in its place, and says that it is there. None where the quota is reached.
async fn keep(
    engine: &Engine,
    who: (&SignedIn, crate::language::Language),
    new: &NewFile,
    received: Received,
    quota: u64,
) -> Result<Option<(FileRow, String)>, Problem> {
    let begun = new.clone();
    let row = work::write(engine, who, Queue::Interactive, move |session| session.begin_file(&begun, quota)).await?;
    let Some(row) = row else { return Ok(None) };
    let (contents, tenant) = (engine.contents().clone(), who.0.tenant.id());
    // To its end even when the client goes away: what is begun in a bucket has to be finished or undone.
    let kept = tokio::spawn(async move { contents.keep(tenant, &name_of_content(&received.hash), &received).await });
    let placed = row.clone();
    if let Err(error) = kept.await.map_err(|lost| bug(&lost))? {
        // Where this fails, too, the row goes after a day like every file that nobody holds.
        let forgotten = work::write(engine, who, Queue::Interactive, move |session| session.give_up_file(&placed)).await;
        if forgotten.is_err() {
            tracing::warn!("a file whose content could not be kept takes room for a day");
        }
        return Err(disk(&error));
    }
    let body = work::write(engine, who, Queue::Interactive, move |session| session.finish_file(&placed)).await?;
    Ok(Some((row, body)))
}

/// `GET /api/files/{id}`: the content, for those who read a record that holds it.
pub(super) async fn download(engine: Arc<Engine>, person: SignedIn, request: Request) -> Answer {
    request.query(&[])?;
    let id = request.part("id").to_owned();
    let row = work::read(&engine, (&person, request.language), move |session| session.file(&id)).await?;
    let size = u64::try_from(row.size).unwrap_or_default();
    let range = request.header(header::RANGE).and_then(|text| range_of(text, size));
    let (status, part) = match range {
        None => (StatusCode::OK, 0..size),
        Some(Some(part)) => (StatusCode::PARTIAL_CONTENT, part),
        Some(None) => {
            let response = answer::empty(StatusCode::RANGE_NOT_SATISFIABLE);
            return Ok(answer::header(response, header::CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let length = part.end.saturating_sub(part.start);
    let kind = HeaderValue::from_str(&row.media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let content = engine.contents().read(person.tenant.id(), &name_of_content(&row.hash), part.clone()).await;
    let mut response = answer::raw(status, kind, files::body(content.map_err(|error| disk(&error))?, length));
    for (name, value) in headers(&row, length) {
        response = answer::header(response, name, &value);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let said = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
        response = answer::header(response, header::CONTENT_RANGE, &said);
    }
    Ok(response)
}

fn headers(row: &FileRow, length: u64) -> [(HeaderName, String); 5] {
    let shown = kind::SHOWN_INLINE.contains(&row.media_type.as_str());
    [
        (header::CONTENT_DISPOSITION, disposition(if shown { "inline" } else { "attachment" }, &row.name)),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ]
}

/// RFC 6266: a name that every client understands, and the whole name.
fn disposition(how: &str, name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' { c } else { '_' }).collect();
    let whole: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// One range of bytes: none for what is no such range (the whole is answered), `Some(None)` for one behind the end.
fn range_of(text: &str, size: u64) -> Option<Option<Range<u64>>> {
    let (from, to) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    if from.is_empty() {
        let last: u64 = to.parse().ok()?;
        return Some((last > 0 && size > 0).then(|| size.saturating_sub(last)..size));
    }
    let from: u64 = from.parse().ok()?;
    let end = if to.is_empty() { size } else { to.parse::<u64>().ok()?.saturating_add(1).min(size) };
    if !to.is_empty() && end <= from && from < size {
        return None;
    }
    Some((from < size).then_some(from..end))
}

/// The last part of a path, without what no file system takes.
fn name_of(given: &str) -> Result<String, Problem> {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let wrong = |text: Text| Err(bad_parameter("name", text.with(&[])));
    if name.is_empty() || name == "." || name == ".." {
        return wrong(Text("请给出文件名，如 ?name=合同.pdf。", "The file needs a name, as in ?name=contract.pdf."));
    }
    if name.chars().any(char::is_control) {
        return wrong(Text("文件名中含有控制字符，请改名。", "The name has control characters; rename the file."));
    }
    if name.chars().count() > LONGEST_NAME {
        return wrong(Text("文件名最多 255 个字符，请改名。", "A name has 255 characters at most; rename the file."));
    }
    Ok(name.to_owned())
}

fn mismatch(name: &str, wrong: &kind::Mismatch) -> Problem {
    let text = Text(
        "“{0}”应为 {1}，内容却是 {2}。请检查文件，按正确的类型保存后再上传。",
        "\"{0}\" is said to be {1}, but its content is {2}. Save it as what it is and upload it again.",
    );
    let why: LocalText = text.with(&[name, &wrong.declared, &wrong.found]);
    Problem::new(Code::Invalid).named("type_mismatch").because(why)
}

fn file_too_large(megabytes: u64) -> Problem {
    let text = Text(
        "单个文件最多 {0} MB；请压缩或拆分后再上传。",
        "A file may have {0} MB at most; compress it or split it and upload it again.",
    );
    Problem::new(Code::TooLarge).because(text.with(&[&megabytes.to_string()]))
}

fn quota_reached(megabytes: u64) -> Problem {
    let text = Text(
        "本公司的文件空间（{0} MB）不够了；请从记录中移除不需要的文件（一天后释放），或联系管理员扩大空间。",
        "The files of this company have no room left ({0} MB); remove files from records (room is free a day later) or ask your administrator for more.",
    );
    Problem::new(Code::DiskFull).named("quota_reached").because(text.with(&[&megabytes.to_string()]))
}

/// The store of contents did not do what it was asked.
pub(super) fn disk(error: &std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::NotConnected {
        tracing::error!(%error, "the bucket of files cannot be used");
        let text = Text(
            "文件存储暂时无法访问，请稍后再试；其他操作不受影响。",
            "The store of files cannot be reached at the moment. Try again later; everything else works.",
        );
        return Problem::new(Code::Unavailable).named("files_unavailable").because(text.with(&[]));
    }
    if files::is_full(error) {
        return kontor_storage::StorageError::DiskFull.into();
    }
    bug(error)
}

#[cfg(test)]
mod tests {
    use super::{disposition, name_of, range_of};

    #[test]
    fn ranges_are_one_part_or_nothing() {
        for (text, expected) in [
            ("bytes=0-3", Some(Some(0..4))),
            ("bytes=4-", Some(Some(4..10))),
            ("bytes=-3", Some(Some(7..10))),
            ("bytes=8-99", Some(Some(8..10))),
            ("bytes=10-", Some(None)),
            ("bytes=3-1", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
        ] {
            assert_eq!(range_of(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn names_lose_their_folders_and_reach_the_client_whole() {
        assert_eq!(name_of("C:\\x\\合同 1.pdf").unwrap(), "合同 1.pdf");
        assert!(name_of("a/..").is_err() && name_of("").is_err() && name_of("a\nb").is_err());
        let header = disposition("attachment", "合\"a.pdf");
        assert_eq!(header, "attachment; filename=\"__a.pdf\"; filename*=UTF-8''%E5%90%88%22a.pdf");
    }
}
