//! Search among many records: every way to type finds what it should, in lists and over entities, at the speed of an index.
//!
//! `make test` fills a few thousand records, `KONTOR_LONG=1` (`make test-long`, `make bench`) two hundred thousand; the times of
//! the answers are printed beside those of statements written by hand for the same index.
mod bare;
mod names;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use kontor_definitions::RecordId;
use kontor_records::{Caller, Input, Who, write_blocking};
use kontor_storage::Queue;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use self::{
    bare::Bare,
    names::{Kind, Made},
};
use crate::harness::{
    both_databases,
    client::Client,
    database::Database,
    instance::{Instance, folder},
};

both_databases!(words_are_found_among_many_records);

/// What is typed, and as which words it is compared with names. Every way to type is there with rare, usual and very frequent
/// words.
const TYPED: [(&str, &[&str]); 34] = [
    // Two Chinese characters, inside words and across them.
    ("上海", &["上海"]),
    ("贸易", &["贸易"]),
    ("公司", &["公司"]),
    ("海华", &["海华"]),
    ("飞腾", &["飞腾"]),
    ("螺丝", &["螺丝"]),
    ("口有", &["口有"]),
    ("乐清 轴承", &["乐清", "轴承"]),
    ("上贸", &["上贸"]),
    // One, and more.
    ("鑫", &["鑫"]),
    ("石家庄", &["石家庄"]),
    // Initials.
    ("shmy", &["shmy"]),
    ("cqhx", &["cqhx"]),
    ("yxgs", &["yxgs"]),
    ("bxgls", &["bxgls"]),
    ("SHHH", &["shhh"]),
    ("qx", &["qx"]),
    // Full pinyin, with characters that are read in several ways.
    ("shanghai", &["shanghai"]),
    ("chongqing", &["chongqing"]),
    ("changsha", &["changsha"]),
    ("xiamen", &["xiamen"]),
    ("yueqing", &["yueqing"]),
    ("yinhang", &["yinhang"]),
    ("lvse", &["lvse"]),
    ("gongsi", &["gongsi"]),
    ("zhouc", &["zhouc"]),
    // Full-width and accented letters, and beginnings of words.
    ("ＫＬＭ", &["klm"]),
    ("abc 重庆", &["abc", "重庆"]),
    ("ｇｍｂｈ", &["gmbh"]),
    ("MÜLLER", &["muller"]),
    ("kelmor", &["kelmor"]),
    ("novak tool", &["novak", "tool"]),
    ("０012", &["0012"]),
    ("elmorex", &["elmorex"]),
];

const ENTITIES: [(Kind, &str); 2] = [(Kind::Company, "firms.company"), (Kind::Product, "firms.product")];

/// What is timed; the first is what the others are compared with.
const WAYS: [&str; 6] = [
    "index look-up by hand, 50 ids",
    "page by hand, 50 by code",
    "list q=, 50 by code",
    "list q=, 50 as they come",
    "list q=, 50 and a count",
    "/api/search",
];
/// Hits of `/api/search` at most.
const HITS: usize = 50;
/// Records of a page at most.
const PAGE: usize = 1_000;

#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
fn words_are_found_among_many_records(database: &Database) {
    let long = std::env::var("KONTOR_LONG").is_ok();
    let made = names::make(if long { 200_000 } else { 2_000 });
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/search/firms"));
    instance.add_person("all", "firms.all");
    let began = Instant::now();
    fill(&instance, &made);
    println!("{} records in {:.0} s", made.len(), began.elapsed().as_secs_f32());
    let client = instance.client("all");
    let times = if long { 9 } else { 3 };
    print_times(&client, &mut Bare::open(database, instance.tenant()), (database, times));
    for (typed, words) in TYPED {
        let found = |kind: Kind, by: fn(&Made, &str) -> bool| -> BTreeSet<&str> {
            let of_kind = made.iter().filter(|made| made.kind == kind);
            of_kind.filter(|made| words.iter().all(|word| by(made, word))).map(|made| made.code.as_str()).collect()
        };
        let mut known = BTreeMap::new();
        for (kind, entity) in ENTITIES {
            let expected = Expected { must: found(kind, Made::must_be_found), may: found(kind, Made::may_be_found) };
            expected.assert_listed(&client, entity, typed);
            known.insert(entity, expected);
        }
        assert_hits(&client, typed, &known);
    }
}

/// Records in batches, as an import makes them.
fn fill(instance: &Instance, made: &[Made]) {
    for (seed, batch) in (1_u64..).zip(made.chunks(500)) {
        for (kind, entity) in ENTITIES {
            let records = batch.iter().filter(|made| made.kind == kind);
            let records: Vec<Json> = records.map(|made| json!({"code": made.code, "name": made.name})).collect();
            let body = Input::from(&json!({"create": records}));
            let (now, today) = instance.engine().moment();
            let caller = Caller { who: Who::Engine(RecordId(Uuid::nil())), now, today, seed, locale: "en".to_owned() };
            let job = move |session: &mut kontor_records::Session<'_>| session.batch(entity, &body);
            write_blocking(instance.tenant(), Queue::Background, caller, job).unwrap();
        }
    }
}

/// What a word finds of an entity.
struct Expected<'a> {
    must: BTreeSet<&'a str>,
    may: BTreeSet<&'a str>,
}

impl Expected<'_> {
    /// The list says how many there are and which come first.
    fn assert_listed(&self, client: &Client, entity: &str, typed: &str) {
        let limit = PAGE.to_string();
        let asked = [("q", typed), ("sort", "code"), ("fields", "code,name"), ("limit", &limit), ("count", "true")];
        let answer = client.query(&format!("/api/records/{entity}"), &asked).expect(200).json();
        let codes: Vec<&str> = answer["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect();
        let count = usize::try_from(answer["count"].as_u64().unwrap()).unwrap();
        assert_eq!(codes.len(), count.min(PAGE), "{entity} {typed}");
        assert!(codes.is_sorted(), "{entity} {typed}");
        let strangers =
            answer["items"].as_array().unwrap().iter().filter(|item| !self.may.contains(item["code"].as_str().unwrap()));
        let strangers: Vec<&Json> = strangers.map(|item| &item["name"]).collect();
        assert!(strangers.is_empty(), "{entity} {typed}: {strangers:?} are found");
        assert!((self.must.len()..=self.may.len()).contains(&count), "{entity} {typed}: {count} of {}", self.must.len());
        let last = if count > PAGE { codes.last().copied() } else { None };
        let listed: BTreeSet<&str> = codes.into_iter().collect();
        let shown = self.must.iter().filter(|code| last.is_none_or(|last| **code <= last));
        let missing: Vec<&&str> = shown.filter(|code| !listed.contains(**code)).collect();
        assert!(missing.is_empty(), "{entity} {typed}: {missing:?} are not found");
    }
}

/// Hits over entities are hits, and as many as there are up to the limit.
fn assert_hits(client: &Client, typed: &str, known: &BTreeMap<&str, Expected<'_>>) {
    let answer = client.query("/api/search", &[("q", typed), ("limit", &HITS.to_string())]).expect(200).json();
    let groups = answer["groups"].as_array().unwrap();
    for (entity, expected) in known {
        let group = groups.iter().find(|group| group["entity"] == json!(entity));
        let hits = group.map_or(0, |group| group["hits"].as_array().unwrap().len());
        let more = group.is_some_and(|group| group["more"] == json!(true));
        assert!((expected.must.len().min(HITS)..=expected.may.len().min(HITS)).contains(&hits), "{entity} {typed}: {hits} hits");
        assert!(!more || hits == HITS, "{entity} {typed}");
        assert!(more || expected.must.len() <= HITS, "{entity} {typed}: the answer hides that there is more");
    }
}

/// Medians over all that is typed; the slowest is told too, because a frequent word does not show in a median.
#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
fn print_times(client: &Client, bare: &mut Bare, (database, times): (&Database, usize)) {
    let list = "/api/records/firms.company";
    let mut ask = |name: &str, typed: &str, words: &[&str]| match name {
        "index look-up by hand, 50 ids" => bare.ids(words),
        "page by hand, 50 by code" => bare.page(words),
        "list q=, 50 by code" => drop(client.query(list, &[("q", typed), ("sort", "code")]).expect(200)),
        "list q=, 50 as they come" => drop(client.query(list, &[("q", typed)]).expect(200)),
        "list q=, 50 and a count" => drop(client.query(list, &[("q", typed), ("count", "true")]).expect(200)),
        _ => drop(client.query("/api/search", &[("q", typed)]).expect(200)),
    };
    println!("{:?}: answers to {} searches, each {times} times", database.dialect(), TYPED.len());
    let mut bare = None;
    for name in WAYS {
        let timed = TYPED.map(|(typed, words)| (median(times, || ask(name, typed, words)).as_nanos(), typed));
        let mut timed = Vec::from(timed);
        timed.sort_unstable();
        let middle = timed[timed.len() / 2].0;
        let bare = *bare.get_or_insert(middle.max(1));
        let (slowest, typed) = timed[timed.len() - 1];
        let ratio = format!("{}.{:02}", middle / bare, middle % bare * 100 / bare);
        println!("  {name:30} median {} ({ratio} × by hand), slowest {} ({typed})", shown(middle), shown(slowest));
    }
}

fn shown(nanoseconds: u128) -> String {
    format!("{}.{:03} ms", nanoseconds / 1_000_000, nanoseconds / 1_000 % 1_000)
}

fn median(times: usize, mut work: impl FnMut()) -> Duration {
    let mut all: Vec<Duration> = (0..times)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    all.sort_unstable();
    all[all.len() / 2]
}
