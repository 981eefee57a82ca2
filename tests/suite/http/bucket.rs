//! Files in a bucket: what fails there is said, leaves nothing behind, and stops nothing else.
use kontor_server::{Config, StartError, config, files::Bucket, start};
use serde_json::json;

use super::files::{id, shelf, upload, uploaded};
use crate::harness::{
    bucket::BucketServer,
    database::Database,
    instance::{Instance, settings},
};

#[test]
fn a_bucket_that_cannot_be_used_is_said_at_the_start() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = Database::sqlite();
    let server = BucketServer::start();
    let good = server.config();
    let wrong_secret = config::BucketConfig { secret_access_key: "other".to_owned(), ..good.clone() };
    let no_bucket = config::BucketConfig { bucket: "nobodys".to_owned(), ..good.clone() };
    let no_server = config::BucketConfig { endpoint: Some("http://127.0.0.1:1".to_owned()), ..good.clone() };
    let started = |bucket: &config::BucketConfig| {
        let bucket = Some(Bucket::new(bucket).unwrap().into());
        let config = Config { bucket, ..settings(&database, config::FileLimits::default()) };
        runtime.block_on(start(config))
    };
    for wrong in [wrong_secret, no_bucket, no_server] {
        let Err(StartError::Bucket(why)) = started(&wrong) else { panic!("{wrong:?} is taken") };
        assert!(!why.is_empty() && !why.contains("other"), "{why}");
    }
    let running = started(&good).unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(running.stop());
}

#[test]
fn an_upload_that_breaks_leaves_no_parts() {
    let database = Database::sqlite().with_bucket();
    let instance = Instance::with_file_limits(&database, config::FileLimits::default());
    let keeper = instance.client("admin");
    let server = database.bucket().unwrap();
    let large = vec![b'x'; 20 << 20];
    server.refuse_parts(true);
    let refused = upload(&keeper, "a.txt", "text/plain", &large).expect(503).json();
    assert_eq!(refused["code"], "files_unavailable");
    assert!(server.unfinished().is_empty(), "{:?}", server.unfinished());
    instance.assert_whole("a broken upload");
    server.refuse_parts(false);
    let file = uploaded(&keeper, "a.txt", &large);
    assert_eq!(keeper.get(&format!("/api/files/{}", id(&file))).expect(200).bytes, large);
    assert!(server.unfinished().is_empty(), "{:?}", server.unfinished());
    instance.assert_whole("a large file");
}

#[test]
fn without_the_bucket_everything_else_works() {
    let mut database = Database::sqlite().with_bucket();
    let keeper = shelf(&database).client("keeper");
    let file = uploaded(&keeper, "a.pdf", b"%PDF-1.7");
    let item = keeper.post("/api/records/item", &json!({"title": "A", "scan": file["id"]})).expect(201).json();
    database.lose_bucket();
    for answer in [keeper.get(&format!("/api/files/{}", id(&file))), upload(&keeper, "b.pdf", "", b"%PDF-1.6")] {
        assert_eq!(answer.expect(503).json()["code"], "files_unavailable");
    }
    let record = format!("/api/records/item/{}", id(&item));
    assert_eq!(keeper.patch(&record, &json!({"title": "B"})).expect(200).json()["scan"]["name"], "a.pdf");
}
