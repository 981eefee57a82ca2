//! A month of real invoices imported as orders: exact totals, nothing twice, everything odd reported.
use std::{fs, io::Read as _, path::PathBuf};

use flate2::read::GzDecoder;
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{self, Import, map::ImportMap, report::Report},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{both_databases, database::Database, instance::Instance, repository};

both_databases!(december_is_imported_exactly);

fn december_is_imported_exactly(database: &Database) {
    let instance = Instance::with_trade(database);
    let table = Table::from_csv(&invoices(), Encoding::Utf8).unwrap();

    let report = import(&instance, table.clone());
    assert_eq!((report.rows, report.created, report.failed), (42_481, 2_025, 0), "{:?}", report.verdicts.first());
    // 948 customers, and one that stands for the lines without any.
    assert_eq!(report.created_references["trade.customer"], 949);
    let odd = |code: &str| report.odd[code].count;
    assert_eq!(odd("empty_replaced:customer.code"), 15_631);
    assert_eq!(odd("zero:lines.price"), 273);
    assert_eq!(odd("negative:lines.qty"), 798);
    assert!(odd("repeated_line") > 0 && odd("differs_within_record:order_date") > 0);

    let admin = instance.client("admin");
    let sum = |filter: &str| {
        let parameters = [("measures", "sum(total),count()"), ("filter", filter)];
        admin.query("/api/records/order/aggregate", &parameters).expect(200).json()["items"][0].clone()
    };
    assert_eq!(sum("true"), json!({"sum(total)": "748957.02", "count()": 2_025}));
    assert_eq!(sum("starts_with(external_number, \"C\")")["sum(total)"], "-74789.12");
    let lines = admin.query("/api/records/order", &[("filter", "lines.any(|l| l.price == 0.001)"), ("count", "true")]);
    assert!(lines.expect(200).json()["count"].is_number());

    let again = import(&instance, table);
    assert_eq!((again.created, again.skipped, again.failed), (0, 2_025, 0));
    assert!(again.created_references.is_empty());
    assert_eq!(sum("true")["count()"], 2_025);
    instance.assert_whole("after two imports");
}

fn import(instance: &Instance, table: Table) -> Report {
    let map: ImportMap = serde_json::from_str(&repository::read("tests/cases/import/online_retail.map.json")).unwrap();
    let (now, today) = instance.engine().moment();
    let caller = Caller { who: Who::Engine(RecordId(Uuid::nil())), now, today, seed: 1, locale: "en".to_owned() };
    let import = Import { entity: "trade.order".to_owned(), table, map, dry_run: false, accept_duplicates: false };
    import::run(instance.tenant(), &caller, import, &mut |_, _| {}).unwrap_or_else(|error| panic!("{error}"))
}

/// The file is too large for the repository; see `tests/cases/import/README.md`.
fn invoices() -> Vec<u8> {
    let data = std::env::var_os("KONTOR_TEST_DATA").map_or_else(|| repository::path("../shared/data"), PathBuf::from);
    let path = data.join("online_retail/online_retail_2010-12.csv.gz");
    let file = fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}; set KONTOR_TEST_DATA", path.display()));
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}
