//! `kontor verify`, `kontor seal` and `kontor work`.
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::{Value as Json, json};

use super::{kontor, prepared, refuses_unknown_tenants};
use crate::harness::{
    both_databases,
    database::Database,
    instance::{Instance, folder},
    program,
    raw::Raw,
};

both_databases!(
    verify_tells_what_holds_and_what_does_not,
    a_seal_that_was_kept_is_compared,
    work_is_done_once_or_until_told_to_stop,
);

const APP: &str = "tests/cases/records/shop";

fn verify_tells_what_holds_and_what_does_not(database: &Database) {
    let instance = Instance::new(database);
    instance.install(&folder(APP));
    instance.add_person("boss", "shop.boss");
    instance.add_tenant("second", "Second");
    let boss = instance.client("boss");
    let id = boss.post("/api/records/shop.customer", &json!({"code": "A", "name": "N"})).expect(201).json()["id"].clone();
    let good = kontor(database, &["verify"]).expect(0);
    assert_eq!(good.printed, "");
    let lines: Vec<&str> = good.complained.lines().collect();
    assert!(lines.len() == 2 && lines.iter().all(|line| line.ends_with("everything holds.")), "{}", good.complained);
    assert_eq!(kontor(database, &["verify", "--tenant", "second", "--no-contents"]).expect(0).complained.lines().count(), 1);
    let report: Json = serde_json::from_str(&kontor(database, &["verify", "--json"]).expect(0).printed).unwrap();
    assert_eq!((&report["tenants"][0]["clean"], &report["tenants"][1]["errors"]), (&json!(true), &json!(0)), "{report}");

    let mut raw = Raw::open(database, instance.tenant());
    raw.run("UPDATE {t}history SET revision = 7");
    let bad = kontor(database, &["verify", "--tenant", "test"]).expect(1);
    assert!(bad.printed.lines().all(|line| line.starts_with("test: history error ")), "{}", bad.printed);
    assert!(bad.printed.contains(id.as_str().unwrap()) && bad.complained.ends_with("data is wrong.\n"), "{}", bad.complained);
    let report = kontor(database, &["verify", "--json"]).expect(1);
    let report: Json = serde_json::from_str(&report.printed).unwrap();
    let of = |name: &str| report["tenants"].as_array().unwrap().iter().find(|tenant| tenant["tenant"] == name).unwrap().clone();
    assert_eq!((&of("test")["clean"], &of("second")["clean"]), (&json!(false), &json!(true)));
    assert_eq!(of("test")["breaches"][0]["invariant"], "history");

    refuses_unknown_tenants(database, &["verify"]);
    kontor(database, &["verify", "--tenant"]).expect(2);
    kontor(database, &["verify", "everything"]).expect(2);
}

fn a_seal_that_was_kept_is_compared(database: &Database) {
    prepared(database, APP);
    let seal = kontor(database, &["seal", "--tenant", "test"]).expect(0);
    let head = seal.printed.trim().to_owned();
    assert!(seal.complained.is_empty() && head.split_once(':').is_some_and(|(_, hash)| hash.len() == 64), "{}", seal.printed);
    assert_eq!(kontor(database, &["seal", "--tenant", "test"]).expect(0).printed.trim(), head, "nothing new to seal");
    let compare = |head: &str| kontor(database, &["verify", "--tenant", "test", "--head", head]);
    compare(&head).expect(0);
    let (number, hash) = head.split_once(':').unwrap();
    let other = format!("{number}:{}", hash.chars().rev().collect::<String>());
    let wrong = compare(&other).expect(1);
    assert!(wrong.printed.contains("seal"), "{}", wrong.printed);
    for malformed in ["1", "x:y", &hash[1..]] {
        assert!(compare(malformed).expect(2).complained.contains("64 hexadecimal digits"));
    }
    kontor(database, &["verify", "--head", &head]).expect(2);
    refuses_unknown_tenants(database, &["seal"]);
    kontor(database, &["seal"]).expect(2);
}

fn work_is_done_once_or_until_told_to_stop(database: &Database) {
    prepared(database, APP);
    let done = kontor(database, &["work", "--once"]).expect(0);
    assert!(done.printed.is_empty() && done.complained.ends_with("due job(s) done.\n"), "{}", done.complained);
    kontor(database, &["work", "--twice"]).expect(2);
    let file = database.folder().join("file");
    std::fs::write(&file, "").unwrap();
    let line = kontor(database, &["work", "--once", "--data", file.to_str().unwrap()]).refused(3);
    assert!(line.contains("data directory"), "{line}");
    let mut worker = program::kontor(database, &["work"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("does the periodic work")));
    assert!(Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap().success());
    assert_eq!(worker.wait().unwrap().code(), Some(0));
}
