//! A tenant with the small app `shop` and one person per role, spoken to through sessions.
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kontor_apps::{Act, Apps, NewUser, Tenant, package::folder};
use kontor_definitions::RecordId;
use kontor_records::{Caller, Input, Params, Recompute, RecordsError, Session, Shown, Who, read_blocking, write_blocking};
use kontor_storage::Queue;
use serde_json::Value as Json;
use time::{OffsetDateTime, macros::datetime};

use crate::harness::{database::Database, repository};

/// When everything happens.
pub(super) const NOW: OffsetDateTime = datetime!(2026-03-07 08:30 UTC);

/// The tenant and its people.
pub(super) struct World {
    pub(super) tenant: Arc<Tenant>,
    people: HashMap<&'static str, RecordId>,
    seed: AtomicU64,
    _apps: Apps,
}

impl World {
    /// People: `boss`, `sales`, `other` (sales too), `clerk`, `both` (sales and clerk), `nobody` (no role).
    pub(super) fn new(database: &Database) -> Self {
        let apps = Apps::open(database.open());
        let admin = person("admin", &["base.administrator"]);
        let act = |seed| Act::of_engine(NOW, seed);
        let tenant = apps.create_tenant("shop", "Shop", &admin, act(1)).unwrap();
        let package = folder::read(&repository::path("tests/cases/records/shop")).unwrap();
        let backfill: Arc<dyn kontor_apps::Backfill> = Arc::new(Recompute);
        tenant.install(&package, act(2), &backfill).unwrap_or_else(|error| panic!("{error:?}"));
        let mut people = HashMap::new();
        let roles: [(&str, &[&str]); 6] = [
            ("boss", &["shop.boss"]),
            ("sales", &["shop.sales"]),
            ("other", &["shop.sales"]),
            ("clerk", &["shop.clerk"]),
            ("both", &["shop.sales", "shop.clerk"]),
            ("nobody", &[]),
        ];
        for (index, (name, roles)) in roles.into_iter().enumerate() {
            let id = apps.add_user(&tenant, &person(name, roles), act(10 + index as u64)).unwrap();
            people.insert(name, id);
        }
        Self { tenant, people, seed: AtomicU64::new(1_000), _apps: apps }
    }

    /// Who calls; `engine` is the engine itself.
    pub(super) fn caller(&self, name: &str) -> Caller {
        let who = self.people.get(name).map_or(Who::Engine(RecordId(uuid::Uuid::nil())), |id| Who::User(*id));
        let seed = self.seed.fetch_add(1, Ordering::Relaxed);
        Caller { who, now: NOW, today: NOW.date(), seed, locale: "en".to_owned() }
    }

    pub(super) fn user(&self, name: &str) -> String {
        self.people[name].to_string()
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        name: &str,
        job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
    ) -> Result<T, RecordsError> {
        write_blocking(&self.tenant, Queue::Interactive, self.caller(name), job)
    }

    pub(super) fn create(&self, name: &str, entity: &str, body: &Json) -> Result<Record, RecordsError> {
        let (entity, input) = (entity.to_owned(), Input::from(body));
        self.write(name, move |session| session.create(&entity, &input)).map(Record::from)
    }

    pub(super) fn update(&self, name: &str, entity: &str, id: &str, patch: &Json) -> Result<Record, RecordsError> {
        let (entity, id, input) = (entity.to_owned(), id.to_owned(), Input::from(patch));
        self.write(name, move |session| session.update(&entity, &id, &input, None)).map(Record::from)
    }

    pub(super) fn act(&self, name: &str, entity: &str, id: &str, action: &str) -> Result<Record, RecordsError> {
        let (entity, id, action) = (entity.to_owned(), id.to_owned(), action.to_owned());
        self.write(name, move |session| session.run_action(&entity, &id, &action, &Input::Null, None)).map(Record::from)
    }

    pub(super) fn archive(&self, name: &str, entity: &str, id: &str) -> Result<(), RecordsError> {
        let (entity, id) = (entity.to_owned(), id.to_owned());
        self.write(name, move |session| session.archive(&entity, &id, None))
    }

    pub(super) fn evaluate(&self, name: &str, entity: &str, record: &Json) -> Result<Json, RecordsError> {
        let (entity, input) = (entity.to_owned(), Input::from(&serde_json::json!({ "record": record })));
        self.write(name, move |session| session.evaluate(&entity, &input)).map(|text| parsed(&text))
    }

    pub(super) fn get(&self, name: &str, entity: &str, id: &str, params: &str) -> Result<Record, RecordsError> {
        let (entity, id, params) = (entity.to_owned(), id.to_owned(), params_of(params));
        read_blocking(&self.tenant, self.caller(name), move |session| session.get(&entity, &id, &params)).map(Record::from)
    }

    pub(super) fn list(&self, name: &str, entity: &str, params: &str) -> Result<Json, RecordsError> {
        let (entity, params) = (entity.to_owned(), params_of(params));
        read_blocking(&self.tenant, self.caller(name), move |session| session.list(&entity, &params)).map(|text| parsed(&text))
    }

    pub(super) fn search(&self, name: &str, params: &str) -> Result<Json, RecordsError> {
        let params = params_of(params);
        read_blocking(&self.tenant, self.caller(name), move |session| session.search(&params)).map(|text| parsed(&text))
    }

    pub(super) fn aggregate(&self, name: &str, entity: &str, params: &str) -> Result<Json, RecordsError> {
        self.aggregate_in("Asia/Shanghai", name, entity, params)
    }

    pub(super) fn aggregate_in(&self, zone: &'static str, name: &str, entity: &str, params: &str) -> Result<Json, RecordsError> {
        let (entity, params) = (entity.to_owned(), params_of(params));
        read_blocking(&self.tenant, self.caller(name), move |session| session.aggregate(&entity, &params, zone))
            .map(|text| parsed(&text))
    }

    /// Creates at another moment than all others.
    pub(super) fn create_at(&self, now: OffsetDateTime, name: &str, entity: &str, body: &Json) -> Result<Record, RecordsError> {
        let (entity, input) = (entity.to_owned(), Input::from(body));
        let caller = Caller { now, today: now.date(), ..self.caller(name) };
        write_blocking(&self.tenant, Queue::Interactive, caller, move |session| session.create(&entity, &input)).map(Record::from)
    }

    pub(super) fn history(&self, name: &str, entity: &str, id: &str) -> Result<Json, RecordsError> {
        let (entity, id) = (entity.to_owned(), id.to_owned());
        read_blocking(&self.tenant, self.caller(name), move |session| session.history(&entity, &id, &Params::default()))
            .map(|text| parsed(&text))
    }
}

/// An answered record.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) revision: i64,
    pub(super) json: Json,
}

impl From<Shown> for Record {
    fn from(shown: Shown) -> Self {
        Self { json: parsed(&shown.body), id: shown.id, revision: shown.revision }
    }
}

/// What is wrong, as `pointer code`, sorted.
pub(super) fn findings<T: std::fmt::Debug>(result: Result<T, RecordsError>) -> Vec<String> {
    match result {
        Err(RecordsError::Rejected(findings)) => {
            let mut all: Vec<String> = findings.0.iter().map(|finding| format!("{} {}", finding.pointer, finding.code)).collect();
            all.sort();
            all
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// `a=b&c=d`, taken as it is; `&&` belongs to an expression.
fn params_of(text: &str) -> Params {
    let pair = |part: &str| part.split_once('=').map(|(name, value)| (name.to_owned(), value.replace('\0', "&&")));
    Params(text.replace("&&", "\0").split('&').filter_map(pair).collect())
}

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn person(name: &str, roles: &[&str]) -> NewUser {
    NewUser {
        email: format!("{name}@shop.kontor"),
        name: name.to_owned(),
        password_hash: "none".to_owned(),
        locale: "en".to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}
