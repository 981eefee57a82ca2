//! An import holds the rights of the person who runs it: what they may not see does not exist, what they may not do is refused.
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{self, Import, ImportError, map::Existing, plan::map_of_header, report::Report},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who};

use crate::harness::{both_databases, database::Database, instance::Instance};

both_databases!(hidden_fields_do_not_exist, every_reason_at_once, what_is_there_is_skipped_or_changed, a_dry_run_writes_nothing);

struct Importer<'a> {
    instance: &'a Instance,
    user: RecordId,
}

impl<'a> Importer<'a> {
    fn new(instance: &'a Instance, name: &str) -> Self {
        let session = instance.client(name).get("/api/session").expect(200).json();
        let user = RecordId(session["user"]["id"].as_str().unwrap().parse().unwrap());
        Self { instance, user }
    }

    fn run(&self, entity: &str, csv: &str, existing: Existing, dry_run: bool) -> Result<Report, ImportError> {
        let (now, today) = self.instance.engine().moment();
        let caller =
            Caller { who: Who::User(self.user), now, today, seed: now.unix_timestamp().unsigned_abs(), locale: "en".into() };
        let table = Table::from_csv(csv.as_bytes(), Encoding::Utf8).unwrap();
        let map = map_of_header(&table, vec!["code".to_owned()], existing);
        let import = Import { entity: entity.to_owned(), table, map, dry_run, accept_duplicates: false };
        import::run(self.instance.tenant(), &caller, import, &mut |_, _| {})
    }
}

fn hidden_fields_do_not_exist(database: &Database) {
    let instance = Instance::with_trade(database);
    let sales = Importer::new(&instance, "sales");
    let refused = |csv: &str| match sales.run("customer", csv, Existing::Skip, false) {
        Err(ImportError::Map(errors)) => errors,
        other => panic!("{other:?}"),
    };
    let errors = refused("code,name,no_such_field\nC1,Acme,1\n");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].code, "unknown_field");
    // Sales may not make products at all: the entity answers like one that does not exist.
    for entity in ["product", "no_such_entity", "order_line"] {
        match sales.run(entity, "code,cost\nP1,3\n", Existing::Skip, false) {
            Err(ImportError::UnknownEntity(name)) => assert_eq!(name, entity),
            other => panic!("{other:?}"),
        }
    }
    // A reference cannot be looked up by a field of its target that is hidden.
    let hidden = refused("code,name,no_such_field.x\nC1,Acme,1\n");
    assert_eq!(hidden[0].message, errors[0].message);
}

fn every_reason_at_once(database: &Database) {
    let instance = Instance::with_trade(database);
    let sales = Importer::new(&instance, "sales");
    let csv = "code,name,country,credit_limit,owner.email\nC1,,XX,12,sales@test.kontor\nC2,Good,DE,,\n";
    let report = sales.run("customer", csv, Existing::Skip, false).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((report.created, report.failed), (1, 1));
    let bad: Vec<(&str, u64)> = report.verdicts[0].errors.iter().map(|error| (error.field.as_str(), error.line)).collect();
    for field in ["name", "country"] {
        assert!(bad.contains(&(field, 2)), "{field} is not among {bad:?}");
    }
    assert!(report.to_csv("zh-CN").contains("C2,created"));
}

fn what_is_there_is_skipped_or_changed(database: &Database) {
    let instance = Instance::with_trade(database);
    let sales = Importer::new(&instance, "sales");
    let run = |csv: &str, existing| sales.run("customer", csv, existing, false).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(run("code,name,country\nC1,First,DE\n", Existing::Error).created, 1);
    assert_eq!(run("code,name,country\nC1,Second,DE\nC2,Other,DE\n", Existing::Skip).skipped, 1);
    assert_eq!(run("code,name\nC1,Third\n", Existing::Update).updated, 1);
    let refused = run("code,name,country\nC1,Fourth,DE\n", Existing::Error);
    assert_eq!((refused.created, refused.failed), (0, 1));
    let names =
        instance.client("sales").query("/api/records/customer", &[("fields", "code,name"), ("sort", "code")]).expect(200).json();
    assert_eq!((&names["items"][0]["name"], &names["items"][1]["name"]), (&"Third".into(), &"Other".into()));
}

fn a_dry_run_writes_nothing(database: &Database) {
    let instance = Instance::with_trade(database);
    let sales = Importer::new(&instance, "sales");
    let report = sales
        .run("customer", "code,name,country\nC1,Acme,DE\nC2,,DE\n", Existing::Skip, true)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((report.created, report.failed, report.dry_run), (1, 1, true));
    let count = instance.client("sales").query("/api/records/customer", &[("count", "true")]).expect(200).json();
    assert_eq!(count["count"], 0);
}
