//! An app that was changed at random, exported and installed elsewhere is the same app to the last byte.
use std::{cell::Cell, sync::Arc};

use kontor_apps::{
    Act, AppError, Apps, Backfill, DocumentKey, NewUser, NoBackfill, Tenant,
    draft::{self, Precondition},
    package::{self, Package, kapp},
};
use kontor_definitions::{RecordId, model::Kind};
use kontor_storage::Queue;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use time::macros::datetime;
use uuid::Uuid;

use crate::harness::{both_databases, database::Database};

both_databases!(an_exported_app_installs_as_the_same_app);

/// One change of the app's only entity.
#[derive(Clone, Debug)]
enum Edit {
    Add { ty: &'static str, name: u8 },
    Rename { field: usize, name: u8 },
    Retitle { field: usize, title: String },
    Remove { field: usize },
    Require { field: usize, required: bool },
    Move { from: usize, to: usize },
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let ty = prop::sample::select(vec!["text", "integer", "boolean", "date", "datetime", "email", "json", "long_text"]);
    let one = prop_oneof![
        3 => (ty, 0_u8..20).prop_map(|(ty, name)| Edit::Add { ty, name }),
        2 => (0_usize..8, 0_u8..20).prop_map(|(field, name)| Edit::Rename { field, name }),
        2 => (0_usize..8, "[ -~é客户]{1,12}").prop_map(|(field, title)| Edit::Retitle { field, title }),
        1 => (1_usize..8).prop_map(|field| Edit::Remove { field }),
        1 => (0_usize..8, any::<bool>()).prop_map(|(field, required)| Edit::Require { field, required }),
        1 => (0_usize..8, 0_usize..8).prop_map(|(from, to)| Edit::Move { from, to }),
    ];
    prop::collection::vec(one, 1..12)
}

impl Edit {
    fn apply(&self, fields: &mut Vec<Value>) {
        let count = fields.len();
        match self {
            Self::Add { ty, name } => fields.push(json!({
                "name": format!("f{name}"), "title": {"zh-CN": "字段", "en": "Field"}, "type": ty})),
            Self::Rename { field, name } => fields[field % count]["name"] = json!(format!("f{name}")),
            Self::Retitle { field, title } => fields[field % count]["title"] = json!({"en": title, "zh-CN": title}),
            Self::Remove { field } if count > 1 => drop(fields.remove(field % count)),
            Self::Remove { .. } => {}
            Self::Require { field, required } => fields[field % count]["required"] = json!(required),
            Self::Move { from, to } => {
                let moved = fields.remove(from % count);
                fields.insert(to % count, moved);
            }
        }
    }
}

fn act(seed: u64) -> Act {
    Act { by: RecordId(Uuid::nil()), at: datetime!(2026-01-31 08:00 UTC), seed, from: None }
}

fn none() -> Arc<dyn Backfill> {
    Arc::new(NoBackfill)
}

fn tenant(apps: &Apps, name: &str, seed: u64) -> Arc<Tenant> {
    let admin = NewUser {
        email: "admin@test.kontor".to_owned(),
        name: "admin".to_owned(),
        password_hash: "none".to_owned(),
        locale: "en".to_owned(),
        roles: vec!["base.administrator".to_owned()],
    };
    apps.create_tenant(name, name, &admin, act(seed)).unwrap()
}

fn start() -> Package {
    let mut package = Package::default();
    let title = json!({"zh-CN": "店", "en": "Shop"});
    let app = json!({"id": "shop0000", "name": "shop", "version": "1.0.0", "title": title, "locales": ["zh-CN", "en"]});
    let item = json!({"id": "item0000", "name": "item", "title": title, "fields": [
        {"id": "name0000", "name": "f0", "title": title, "type": "text"}]});
    package.source.files.insert("app.json".to_owned(), app.to_string());
    package.source.files.insert("entities/item.json".to_owned(), item.to_string());
    package
}

/// Edits the draft; every second edit is published, if it checks.
fn edited(tenant: &Tenant, edits: &[Edit]) {
    let key = DocumentKey::new("shop", Kind::Entity, "item");
    for (edit, seed) in edits.iter().zip(100..) {
        let asked = key.clone();
        let current = tenant.db().read_blocking(move |tx| draft::get(tx, &asked)).unwrap();
        let mut document: Value = serde_json::from_str(&current.text).unwrap();
        edit.apply(document["fields"].as_array_mut().unwrap());
        let (asked, text) = (key.clone(), document.to_string());
        let put = move |tx: &mut kontor_storage::Tx| draft::put(tx, act(seed), &asked, &text, &Precondition::None).map(drop);
        tenant.db().write_blocking(Queue::Interactive, put).unwrap();
        if seed % 2 == 1 {
            publish(tenant, seed);
        }
    }
    publish(tenant, 99);
}

fn publish(tenant: &Tenant, seed: u64) {
    match tenant.publish_draft("", act(seed), &none()) {
        Ok(_) | Err(AppError::NothingToPublish | AppError::Findings(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
}

fn an_exported_app_installs_as_the_same_app(database: &Database) {
    let apps = Apps::open(database.open());
    let next = Cell::new(0);
    let config = Config { cases: 6, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let live = Cell::new(0);
    let proven = runner.run(&edits(), |edits| {
        let number = next.get() + 2;
        next.set(number);
        let here = tenant(&apps, &format!("here{number}"), number);
        here.install(&start(), act(1), &none()).unwrap();
        edited(&here, &edits);
        live.set(live.get().max(here.snapshot().revision));
        let bytes = kapp::write(&package::export(&here.snapshot(), "shop").unwrap()).unwrap();
        let there = tenant(&apps, &format!("there{number}"), number + 1);
        there.install(&kapp::read(&bytes).unwrap(), act(2), &none()).unwrap();
        prop_assert_eq!(&here.snapshot().fingerprint, &there.snapshot().fingerprint);
        prop_assert_eq!(&here.snapshot().sources, &there.snapshot().sources);
        Ok(())
    });
    proven.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(live.get() > 3, "the edits went live at least sometimes");
}
