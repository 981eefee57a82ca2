//! Records that are the same thing: warned of or refused on every way of writing, telling only what the rule reveals, and by
//! fifty writers at once.
use std::sync::Arc;

use kontor_apps::{
    Act, Backfill, DocumentKey,
    draft::{self, Precondition},
};
use kontor_definitions::model::Kind;
use kontor_records::{Input, Other, Recompute, RecordsError};
use kontor_storage::Queue;
use serde_json::{Value as Json, json};

use super::world::{NOW, Record, World, findings};
use crate::harness::{both_databases, database::Database};

both_databases!(fifty_writers_of_one_name, every_way_of_writing_asks, only_what_is_revealed_is_told, a_rule_counts_what_is_there);

fn put(world: &World, rules: &Json) {
    let key = DocumentKey { app: "shop".to_owned(), kind: Kind::Entity, name: "customer".to_owned() };
    let draft = world.tenant.draft().unwrap();
    let mut document: Json = serde_json::from_str(draft.sources.get(&key).unwrap()).unwrap();
    document["duplicates"] = rules.clone();
    let (act, text) = (Act::of_engine(NOW, 77), document.to_string());
    let put = move |tx: &mut kontor_storage::Tx| draft::put(tx, act, &key, &text, &Precondition::None).map(drop);
    world.tenant.db().write_blocking(Queue::Interactive, put).unwrap();
}

fn publish(world: &World, rules: &Json) {
    put(world, rules);
    let backfill: Arc<dyn Backfill> = Arc::new(Recompute);
    world.tenant.publish_draft("duplicates", Act::of_engine(NOW, 78), &backfill).unwrap();
}

fn rule(action: &str, reveal: &str) -> Json {
    json!([{"match": ["fold(name)", "country"], "action": action, "reveal": reveal}])
}

fn customer(code: &str, name: &str, country: Option<&str>) -> Json {
    json!({"code": code, "name": name, "country": country})
}

fn accepting(world: &World, who: &str, body: &Json) -> Result<Record, RecordsError> {
    let input = Input::from(body);
    let write = move |session: &mut kontor_records::Session<'_>| {
        session.accept_duplicates();
        session.create("customer", &input)
    };
    world.write(who, write).map(Record::from)
}

fn fifty_writers_of_one_name(database: &Database) {
    const NAMES: [&str; 5] = ["Acme Ltd", "ACME Co., Ltd.", "ａｃｍｅ", "A.C.M.E. Inc", "acme (Group)"];
    let world = World::new(database);
    publish(&world, &rule("refuse", "nothing"));
    let won = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..50)
            .map(|index| {
                let body = customer(&format!("C{index}"), NAMES[index % NAMES.len()], Some("CN"));
                let world = &world;
                scope.spawn(move || world.create("boss", "customer", &body))
            })
            .collect();
        let answers = tries.into_iter().map(|handle| handle.join().unwrap());
        answers.filter(|answer| answer.is_ok() || findings_of(answer) != ["/name duplicate_record"]).count()
    });
    assert_eq!(won, 1);
    assert_eq!(world.list("boss", "customer", "count=true").unwrap()["count"], 1);
}

fn findings_of(answer: &Result<Record, RecordsError>) -> Vec<String> {
    match answer {
        Err(RecordsError::Rejected(found)) => {
            found.0.iter().map(|finding| format!("{} {}", finding.pointer, finding.code)).collect()
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn every_way_of_writing_asks(database: &Database) {
    let world = World::new(database);
    publish(&world, &rule("warn", "nothing"));
    let first = world.create("boss", "customer", &customer("C1", "上海华通有限公司", Some("CN"))).unwrap().id;
    let twin = customer("C2", "上海华通（集团）", Some("CN"));
    let asked = ["/name possible_duplicate"];
    assert_eq!(findings(world.create("boss", "customer", &twin)), asked);
    // Another country, another name, no country: another thing.
    for (code, name, country) in [("D1", "上海华通", Some("DE")), ("D2", "上海华通贸易", Some("CN")), ("D3", "上海华通", None)]
    {
        world.create("boss", "customer", &customer(code, name, country)).unwrap();
    }
    assert_eq!(findings(world.create("boss", "customer", &customer("D4", "上海 华通", None))), asked);
    let second = accepting(&world, "boss", &twin).unwrap().id;
    // What is not compared may change; what is compared is asked about again, and a name may go back to itself.
    world.update("boss", "customer", &second, &json!({"email": "a@b.example", "name": "上海华通集团"})).unwrap();
    world.update("boss", "customer", &second, &json!({"name": "北京华通"})).unwrap();
    assert_eq!(findings(world.update("boss", "customer", &second, &json!({"name": "上海华通"}))), asked);
    // Batches: against what is there, and among themselves.
    let batch = |body: Json| {
        let input = Input::from(&body);
        world.write("boss", move |session| session.batch("customer", &input))
    };
    assert_eq!(
        findings(batch(json!({"create": [customer("E1", "上海华通", Some("CN"))]}))),
        ["/create/0/name possible_duplicate"]
    );
    let twice = json!({"create": [customer("E1", "Zwei AG", None), customer("E2", "zwei", None)]});
    assert_eq!(findings(batch(twice)), ["/create/1/name possible_duplicate"]);
    // Imports: the others are written.
    let inputs: Vec<Input> =
        [customer("F1", "Neu", None), customer("F2", "上海华通", Some("CN"))].iter().map(Input::from).collect();
    let verdicts = world.write("boss", move |session| session.create_each("customer", &inputs)).unwrap();
    assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    // Archived ones stand in nobody's way until they come back.
    world.archive("boss", "customer", &first).unwrap();
    let third = world.create("boss", "customer", &customer("C3", "上海华通", Some("CN"))).unwrap().id;
    let back = first.clone();
    assert_eq!(findings(world.write("boss", move |session| session.unarchive("customer", &back, None))), asked);
    let back = first.clone();
    let write = move |session: &mut kontor_records::Session<'_>| {
        session.accept_duplicates();
        session.unarchive("customer", &back, None)
    };
    world.write("boss", write).unwrap();
    // Where a rule refuses, nobody is asked.
    publish(&world, &rule("refuse", "nothing"));
    assert_eq!(findings(accepting(&world, "boss", &customer("C9", "上海华通", Some("CN")))), ["/name duplicate_record"]);
    // Both stay as they are; a change that leaves the name alone asks nothing.
    world.update("boss", "customer", &third, &json!({"email": "x@y.example"})).unwrap();
    // A dry run of a form keeps silent.
    let seen = world.evaluate("boss", "customer", &customer("C9", "上海华通", Some("CN"))).unwrap();
    assert_eq!(seen["errors"], json!([]));
}

/// Everything a refusal says, in both languages.
fn said(answer: Result<Record, RecordsError>) -> String {
    match answer {
        Err(RecordsError::Rejected(found)) => format!("{found:?}"),
        other => panic!("not refused: {other:?}"),
    }
}

fn only_what_is_revealed_is_told(database: &Database) {
    let world = World::new(database);
    publish(&world, &rule("warn", "nothing"));
    world.create("boss", "customer", &customer("BOSS1", "Geheim GmbH", Some("DE"))).unwrap();
    let other = world.create("other", "customer", &customer("OTHER1", "Fremd GmbH", Some("DE"))).unwrap().id;
    let own = world.create("sales", "customer", &customer("SALES1", "Eigen GmbH", Some("DE"))).unwrap().id;
    let tries = |who: &str, name: &str| said(world.create(who, "customer", &customer("X", name, Some("DE"))));
    // Nothing revealed: byte for byte the same whoever asks and whosever it is.
    let nothing = tries("sales", "geheim");
    for (who, name) in [("sales", "fremd"), ("sales", "eigen"), ("boss", "geheim"), ("other", "eigen")] {
        assert_eq!(tries(who, name), nothing, "{who} {name}");
    }
    // The owner revealed: a salesperson learns whose it is, and nothing else of it.
    publish(&world, &rule("warn", "owner"));
    let told = tries("sales", "fremd");
    assert!(told.contains("other") && !told.contains("Fremd") && !told.contains("OTHER1") && !told.contains(&other), "{told}");
    // The way there only for those who may read it.
    let place = |who: &str, name: &str| match world.create(who, "customer", &customer("X", name, Some("DE"))) {
        Err(RecordsError::Rejected(found)) => found.0[0].other.clone(),
        other => panic!("not refused: {other:?}"),
    };
    let of = |id: &str| Some(Other { entity: "shop.customer".to_owned(), id: id.to_owned() });
    assert_eq!((place("sales", "fremd"), place("sales", "eigen"), place("boss", "fremd")), (None, of(&own), of(&other)));
    publish(&world, &rule("warn", "label"));
    let told = tries("sales", "fremd");
    assert!(told.contains("Fremd GmbH") && !told.contains("OTHER1") && !told.contains(&other), "{told}");
}

fn a_rule_counts_what_is_there(database: &Database) {
    let world = World::new(database);
    for (code, name) in
        [("C1", "Acme Ltd"), ("C2", "ACME"), ("C3", "Acme Trading"), ("C4", "acme inc"), ("C5", "阿里"), ("C6", "阿里 公司")]
    {
        world.create("boss", "customer", &customer(code, name, None)).unwrap();
    }
    let gone = world.create("boss", "customer", &customer("C7", "acme trading ltd", None)).unwrap().id;
    world.archive("boss", "customer", &gone).unwrap();
    put(&world, &json!([{"match": ["fold(name)"], "action": "refuse"}]));
    let outline = world.tenant.plan_draft().unwrap();
    let counted: Vec<_> = outline.findings.iter().filter(|found| found.code == "existing_duplicates").collect();
    assert_eq!(counted.len(), 1);
    assert!(counted[0].message.get("en").unwrap().contains(" 5 record(s)"), "{:?}", counted[0].message);
    assert_eq!(counted[0].pointer, "/duplicates");
    let backfill: Arc<dyn Backfill> = Arc::new(Recompute);
    world.tenant.publish_draft("counted", Act::of_engine(NOW, 78), &backfill).unwrap();
    assert_eq!(findings(world.create("boss", "customer", &customer("C8", "ACME GmbH", None))), ["/name duplicate_record"]);
    // Published already, it is not counted again.
    put(&world, &json!([{"match": ["fold(name)"], "action": "warn"}]));
    assert!(world.tenant.plan_draft().unwrap().findings.iter().all(|found| found.code != "existing_duplicates"));
}
