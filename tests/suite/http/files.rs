//! Files: uploaded, held by records, given to those who read them and to nobody else, removed when nobody holds them.
use std::{
    io::{BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};

use axum::http::Method;
use kontor_records::verify::{Invariant, Report};
use kontor_server::{
    config::FileLimits,
    files::Look,
    jobs::run_once,
    server::{Jobs, listen, serve},
};
use serde_json::{Value as Json, json};
use time::Duration;

use crate::harness::{
    client::{Answer, Client},
    database::Database,
    every_store,
    instance::{Instance, folder},
    raw::Raw,
};

every_store!(
    a_file_goes_up_into_a_record_and_down,
    a_file_is_for_those_who_read_it,
    what_cannot_be_kept_is_said,
    fields_take_the_files_that_they_may,
    unused_files_leave_after_a_day,
    verify_finds_files_that_are_held_and_not_written_down,
    verify_finds_contents_that_are_not_what_was_uploaded,
    documents_are_told_from_zip_files,
);

const PDF: &[u8] = b"%PDF-1.7\nsome pages";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nsome pixels";

pub(super) fn shelf(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/files/shelf"));
    for (name, role) in [("keeper", "keeper"), ("other", "keeper"), ("reader", "reader"), ("stranger", "stranger")] {
        instance.add_person(name, &format!("shelf.{role}"));
    }
    instance
}

pub(super) fn upload(client: &Client, name: &str, kind: &str, bytes: &[u8]) -> Answer {
    let path = format!("/api/files?name={name}");
    client.send(Method::POST, &path, Some(bytes.to_vec()), &[("content-type", kind)])
}

pub(super) fn uploaded(client: &Client, name: &str, bytes: &[u8]) -> Json {
    upload(client, name, "application/octet-stream", bytes).expect(201).json()
}

pub(super) fn id(record: &Json) -> &str {
    record["id"].as_str().unwrap()
}

fn a_file_goes_up_into_a_record_and_down(database: &Database) {
    let keeper = shelf(database).client("keeper");
    let answer = upload(&keeper, "%E5%90%88%E5%90%8C.pdf", "application/pdf", PDF).expect(201);
    let file = answer.json();
    let expected = json!({"id": file["id"], "name": "合同.pdf", "type": "application/pdf", "size": PDF.len()});
    assert_eq!(file, expected);
    let path = format!("/api/files/{}", id(&file));
    assert_eq!(answer.headers["location"], path.as_str());
    assert_eq!(keeper.get(&path).expect(200).bytes, PDF, "one's own before any record holds it");

    let item = keeper.post("/api/records/item", &json!({"title": "A", "scan": file["id"]})).expect(201).json();
    assert_eq!(item["scan"], expected);
    let record = format!("/api/records/item/{}", id(&item));
    assert_eq!(keeper.get(&record).expect(200).json()["scan"], expected);
    assert_eq!(keeper.get("/api/records/item").expect(200).json()["items"][0]["scan"], expected);
    // What was read may be sent back.
    assert_eq!(keeper.patch(&record, &json!({"scan": expected})).expect(200).json()["revision"], 1);

    let down = keeper.get(&path).expect(200);
    assert_eq!(down.bytes, PDF);
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-disposition", "inline; filename=\"__.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("content-length", "19"),
    ] {
        assert_eq!(down.headers[name], value);
    }
    let part = keeper.send(Method::GET, &path, None, &[("range", "bytes=1-3")]).expect(206);
    assert_eq!((part.bytes.as_slice(), part.headers["content-range"].to_str().unwrap()), (&PDF[1..4], "bytes 1-3/19"));
    keeper.send(Method::GET, &path, None, &[("range", "bytes=99-")]).expect(416);
    let page = uploaded(&keeper, "a.html", b"<script>alert(1)</script>");
    let page = keeper.get(&format!("/api/files/{}", id(&page))).expect(200);
    assert!(page.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
}

fn a_file_is_for_those_who_read_it(database: &Database) {
    let instance = shelf(database);
    let [keeper, other, reader, stranger] = ["keeper", "other", "reader", "stranger"].map(|name| instance.client(name));
    let [scan, photo, drawing] =
        [("a.pdf", PDF), ("a.png", PNG), ("b.pdf", b"%PDF-drawing")].map(|(name, bytes)| uploaded(&keeper, name, bytes));
    let nobodys = keeper.get("/api/files/018f0000-0000-7000-8000-000000000000").expect(404).bytes;
    let asked = |client: &Client, file: &Json| client.get(&format!("/api/files/{}", id(file)));
    let refused = |client: &Client, file: &Json| {
        assert_eq!(asked(client, file).expect(404).bytes, nobodys, "as an id that does not exist");
    };
    for client in [&other, &reader, &stranger] {
        refused(client, &scan);
    }
    // Nobody takes somebody else's file into a record of their own.
    let taken = other.post("/api/records/item", &json!({"title": "B", "scan": scan["id"]})).expect(422);
    let unknown = other.post("/api/records/item", &json!({"title": "B", "scan": "018f0000-0000-7000-8000-000000000000"}));
    assert_eq!(taken.bytes, unknown.expect(422).bytes);
    assert_eq!(taken.json()["errors"][0]["code"], "unknown_file");

    let item =
        json!({"title": "A", "scan": scan["id"], "photo": photo["id"], "parts": [{"name": "P", "drawing": drawing["id"]}]});
    let item = keeper.post("/api/records/item", &item).expect(201).json();
    let record = format!("/api/records/item/{}", id(&item));
    for file in [&scan, &photo, &drawing] {
        for client in [&keeper, &other] {
            asked(client, file).expect(200);
        }
        refused(&stranger, file);
    }
    asked(&reader, &photo).expect(200);
    refused(&reader, &scan);
    refused(&reader, &drawing);
    let read = reader.get(&record).expect(200).json();
    assert!(read.get("scan").is_none() && read["photo"]["name"] == "a.png", "{read}");

    instance.add_tenant("second", "Second");
    let elsewhere = instance.visitor().signed_in_to("second", "admin@test.kontor");
    let here = instance.visitor();
    for file in [&scan, &photo, &drawing] {
        assert_eq!(elsewhere.get(&format!("/api/files/{}", id(file))).expect(404).bytes, nobodys);
        here.get(&format!("/api/files/{}", id(file))).expect(401);
    }
    upload(&here, "a.pdf", "application/pdf", PDF).expect(401);
    upload(&keeper.without_token(), "a.pdf", "application/pdf", PDF).expect(403);

    // Who is shown a file by a record may change the record and keep it; a file that was let go is its uploader's alone.
    let kept = other.patch(&record, &json!({"title": "C", "scan": scan["id"]})).expect(200).json();
    assert_eq!(kept["scan"]["id"], scan["id"]);
    other.patch(&record, &json!({"scan": null, "parts": []})).expect(200);
    for file in [&scan, &drawing] {
        refused(&other, file);
        asked(&keeper, file).expect(200);
    }
}

fn what_cannot_be_kept_is_said(database: &Database) {
    let keeper = shelf(database).client("keeper");
    for (name, kind, bytes) in
        [("a.png", "image/png", PDF), ("a.pdf", "image/png", PDF), ("a", "image/png;x", PDF), ("a.pdf", "", PNG)]
    {
        let wrong = upload(&keeper, name, kind, bytes).expect(422).json();
        assert_eq!(wrong["code"], "type_mismatch", "{name} {kind}");
    }
    let wrong = upload(&keeper.clone().reading("zh-CN"), "a.png", "image/png", PDF).expect(422).json();
    assert!(wrong["detail"].as_str().unwrap().contains("application/pdf"), "{wrong}");
    assert_eq!(upload(&keeper, "a.pdf", "", b"").expect(422).json()["code"], "empty_file");
    upload(&keeper, "", "", PDF).expect(400);
    upload(&keeper, "a%0Ab.pdf", "", PDF).expect(400);
    let large = |fill: u8, size: usize| upload(&keeper, "a.txt", "text/plain", &vec![fill; size]);
    let refused = large(b'x', (1 << 20) + 1).expect(413).json();
    assert_eq!(refused["code"], "too_large");
    for fill in [b'a', b'b', b'c'] {
        large(fill, 1 << 20).expect(201);
    }
    let full = large(b'd', 1).expect(507).json();
    assert_eq!(full["code"], "quota_reached");
    let received = std::fs::read_dir(database.config().data.join("files")).unwrap().next().unwrap().unwrap().path();
    let left: Vec<_> = std::fs::read_dir(received.join("incoming")).unwrap().collect();
    assert!(left.is_empty(), "what was refused is not left behind: {left:?}");
}

fn fields_take_the_files_that_they_may(database: &Database) {
    let keeper = shelf(database).client("keeper");
    let [a, b, c, d] = [1, 2, 3, 4].map(|n| uploaded(&keeper, "a.pdf", format!("%PDF-{n}").as_bytes()));
    let code = |record: Json| {
        let answer = keeper.post("/api/records/item", &record);
        if answer.status == 201 { String::new() } else { answer.json()["errors"][0]["code"].as_str().unwrap().to_owned() }
    };
    assert_eq!(code(json!({"title": "A", "photo": a["id"]})), "not_an_image");
    assert_eq!(code(json!({"title": "A", "scan": [a["id"], b["id"]]})), "too_many");
    assert_eq!(code(json!({"title": "A", "scan": "nothing"})), "not_an_id");
    assert_eq!(code(json!({"title": "A", "papers": [a["id"]]})), "too_few");
    assert_eq!(code(json!({"title": "A", "papers": [a["id"], b["id"], c["id"], d["id"]]})), "too_many");
    let item = keeper.post("/api/records/item", &json!({"title": "A", "papers": [b["id"], a["id"]]})).expect(201).json();
    assert_eq!(item["papers"], json!([b, a]), "in the order given");
    let dry = keeper.post("/api/records/item/evaluate", &json!({"record": {"title": "B", "scan": c["id"]}})).expect(200);
    assert_eq!(dry.json()["record"]["scan"], c);
}

fn verify_finds_files_that_are_held_and_not_written_down(database: &Database) {
    let instance = shelf(database);
    let keeper = instance.client("keeper");
    let [a, b, spare] = ["a.pdf", "b.pdf", "c.pdf"].map(|name| uploaded(&keeper, name, PDF));
    keeper.post("/api/records/item", &json!({"title": "A", "papers": [a["id"], b["id"]]})).expect(201);
    instance.assert_whole("two held files and a spare one");
    let mut raw = Raw::open(database, instance.tenant());
    for (damage, undo) in [
        ("UPDATE {t}file SET state = 'stored'", "UPDATE {t}file SET state = 'used' WHERE id IN (SELECT file FROM {t}file_use)"),
        (
            "UPDATE {t}file SET state = 'used'",
            "UPDATE {t}file SET state = 'stored' WHERE id NOT IN (SELECT file FROM {t}file_use)",
        ),
        ("UPDATE {t}file_use SET record = file", "DELETE FROM {t}file_use"),
    ] {
        raw.run(damage);
        let found = instance.verified();
        assert!(found.counts.contains_key(&Invariant::Files), "{damage}: {found:?}");
        raw.run(undo);
    }
    assert_eq!(instance.verified().counts[&Invariant::Files], 4, "two uses lost, two files called used: {spare}");
}

fn verify_finds_contents_that_are_not_what_was_uploaded(database: &Database) {
    let instance = shelf(database);
    let keeper = instance.client("keeper");
    let file = uploaded(&keeper, "a.pdf", PDF);
    keeper.post("/api/records/item", &json!({"title": "A", "scan": file["id"]})).expect(201);
    let image = uploaded(&keeper, "a.png", &super::thumbnails::picture(200, 100, image::ImageFormat::Png));
    keeper.get(&format!("/api/files/{}/thumbnail?size=96", id(&image))).expect(200);
    instance.assert_whole("a held file, and an image with a thumbnail");
    let place = content(database, PDF);
    let shelf = place.parent().unwrap().to_owned();
    let [lost, longer, changed, stray] = ["lost", "2", "uploaded", "belongs to no file"];
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 3600);
    let written = |path: &std::path::Path, bytes: &[u8]| {
        std::fs::write(path, bytes).unwrap();
        std::fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    };
    let damage: [(&str, &dyn Fn()); 6] = [
        (lost, &|| std::fs::remove_file(&place).unwrap()),
        (longer, &|| std::fs::write(&place, [PDF, PDF].concat()).unwrap()),
        (changed, &|| std::fs::write(&place, [b"%PDF-1.8", &PDF[8..]].concat()).unwrap()),
        (stray, &|| written(&shelf.join("ab"), b"x")),
        (stray, &|| written(&data(database).join("notes.txt"), b"x")),
        // Right content in the wrong place: nobody finds it there.
        (stray, &|| written(&shelf.join(format!("{}x", place.file_name().unwrap().to_str().unwrap())), PDF)),
    ];
    for (word, damage) in damage {
        damage();
        let found = instance.verified();
        assert_eq!(found.counts.get(&Invariant::Contents), Some(&1), "{word}: {found:?}");
        assert!(format!("{:?}", found.breaches[0].message).contains(word) && !found.is_clean(), "{word}: {found:?}");
        std::fs::write(&place, PDF).unwrap();
        for stray in ["ab", &format!("{}x", place.file_name().unwrap().to_str().unwrap())] {
            let _was_there = std::fs::remove_file(shelf.join(stray));
        }
        let _was_there = std::fs::remove_file(data(database).join("notes.txt"));
        instance.assert_whole(word);
    }
    // Without reading the contents, what has the right size passes.
    std::fs::write(&place, [b"%PDF-1.8", &PDF[8..]].concat()).unwrap();
    let mut report = Report::default();
    let (engine, tenant) = (instance.engine(), instance.tenant());
    let look = kontor_server::files::verify(engine, tenant, (Look::Size, engine.now()), &mut report);
    instance.runtime().block_on(look).unwrap();
    assert!(report.is_clean(), "{report:?}");
    std::fs::write(&place, PDF).unwrap();
    // A content that was just written may not be known yet; a thumbnail of nothing is only told.
    std::fs::write(shelf.join("cd"), b"x").unwrap();
    instance.assert_whole("a content under way");
    std::fs::remove_file(shelf.join("cd")).unwrap();
    written(&data(database).join("thumbnails").join("00.96"), b"x");
    let found = instance.verified();
    assert!(found.is_clean() && found.counts.get(&Invariant::Contents) == Some(&1), "{found:?}");
}

fn documents_are_told_from_zip_files(database: &Database) {
    let keeper = shelf(database).client("keeper");
    let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let wrong = upload(&keeper, "a.docx", "", zip).expect(422).json();
    assert_eq!(wrong["code"], "type_mismatch");
    assert!(wrong["detail"].as_str().unwrap().contains("application/zip"), "{wrong}");
    assert_eq!(uploaded(&keeper, "a.zip", zip)["type"], "application/zip");
}

fn unused_files_leave_after_a_day(database: &Database) {
    let instance = shelf(database);
    let keeper = instance.client("keeper");
    let [held, unused] = ["a.pdf", "b.pdf"].map(|name| uploaded(&keeper, name, PDF));
    let lone = uploaded(&keeper, "c.png", PNG);
    let item = keeper.post("/api/records/item", &json!({"title": "A", "scan": held["id"]})).expect(201).json();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sweep = |hours| {
        runtime.block_on(run_once(instance.engine(), "remove files", instance.engine().now() + Duration::hours(hours))).unwrap()
    };
    let there = |file: &Json| keeper.get(&format!("/api/files/{}", id(file))).status == 200;
    sweep(23);
    assert!(there(&held) && there(&unused) && there(&lone));
    sweep(25);
    assert!(there(&held) && !there(&unused) && !there(&lone), "the same content stays for the file that is held");
    assert_eq!(contents(database), 1);
    keeper.patch(&format!("/api/records/item/{}", id(&item)), &json!({"scan": null})).expect(200);
    sweep(25);
    assert!(!there(&held));
    assert_eq!(contents(database), 0);
}

/// Two nodes: one removes a content that nobody holds while the other one takes the same content anew.
#[test]
fn what_is_uploaded_again_while_it_is_swept_stays() {
    let database = Database::postgres();
    let instance = shelf(&database);
    let other = instance.another_node(&database);
    let keeper = instance.client("keeper");
    let mut raw = Raw::open(&database, instance.tenant());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for round in 0..20 {
        uploaded(&keeper, "a.pdf", PDF);
        raw.run("UPDATE {t}file SET since = since - INTERVAL '2 days'");
        let file = std::thread::scope(|scope| {
            let sweep = scope.spawn(|| runtime.block_on(run_once(other.engine(), "remove files", other.engine().now())).unwrap());
            let file = uploaded(&keeper, "a.pdf", PDF);
            sweep.join().unwrap();
            file
        });
        let answer = keeper.get(&format!("/api/files/{}", id(&file)));
        assert_eq!(answer.status, 200, "round {round}: an acknowledged upload is lost");
    }
    instance.assert_whole("uploads during sweeps");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat_while_200_megabytes_go_up_and_down() {
    let grown = grown_by_200_megabytes(&Database::sqlite());
    assert!(grown < 48 << 10, "memory grew by {grown} KB");
}

#[cfg(all(target_os = "linux", feature = "s3"))]
#[test]
fn memory_stays_flat_while_200_megabytes_go_to_a_bucket_and_back() {
    // With the server of the bucket in the same process.
    let grown = grown_by_200_megabytes(&Database::sqlite().with_bucket());
    assert!(grown < 96 << 10, "memory grew by {grown} KB");
}

#[cfg(target_os = "linux")]
fn grown_by_200_megabytes(database: &Database) -> u64 {
    const CHUNK: usize = 1 << 20;
    const CHUNKS: usize = 200;
    let instance = Instance::with_file_limits(database, FileLimits::default());
    let admin = instance.client("admin");
    let running = instance
        .runtime()
        .block_on(async { serve(Arc::clone(instance.engine()), listen("127.0.0.1:0".parse().unwrap()).await?, Jobs::Elsewhere) });
    let running = running.unwrap();
    let ask = |line: &str, more: &str| {
        let mut socket = BufReader::new(TcpStream::connect(running.addr).unwrap());
        let head = format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{}{more}\r\n", admin.credentials());
        socket.get_mut().write_all(head.as_bytes()).unwrap();
        socket
    };
    let before = peak_kilobytes();
    let mut up = ask("POST /api/files?name=large.bin", &format!("content-length: {}\r\n", CHUNK * CHUNKS));
    let chunk = vec![0; CHUNK];
    for _ in 0..CHUNKS {
        up.get_mut().write_all(&chunk).unwrap();
    }
    let mut answer = String::new();
    up.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let file: Json = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(file["size"], CHUNK * CHUNKS);
    let down = std::io::copy(&mut ask(&format!("GET /api/files/{}", id(&file)), ""), &mut std::io::sink()).unwrap();
    assert!(down > u64::try_from(CHUNK * CHUNKS).unwrap(), "{down} bytes");
    let grown = peak_kilobytes() - before;
    instance.assert_whole("200 MB");
    instance.runtime().block_on(running.stop());
    grown
}

/// The most memory that this process ever had.
#[cfg(target_os = "linux")]
pub(super) fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The folder of the only tenant with files.
pub(super) fn data(database: &Database) -> std::path::PathBuf {
    std::fs::read_dir(database.contents()).unwrap().next().unwrap().unwrap().path()
}

/// Where a content is.
fn content(database: &Database, bytes: &[u8]) -> std::path::PathBuf {
    let shelves = std::fs::read_dir(data(database)).unwrap().map(|entry| entry.unwrap().path());
    let files = shelves.filter(|path| path.is_dir()).flat_map(|shelf| std::fs::read_dir(shelf).unwrap());
    let mut files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.find(|path| std::fs::read(path).unwrap() == bytes).unwrap()
}

/// How many contents are kept.
fn contents(database: &Database) -> usize {
    let shelves = std::fs::read_dir(data(database)).unwrap().map(|entry| entry.unwrap().path());
    shelves
        .filter(|path| !path.ends_with("incoming") && !path.ends_with("thumbnails"))
        .map(|path| std::fs::read_dir(path).unwrap().count())
        .sum()
}
