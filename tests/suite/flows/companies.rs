//! Several companies in one tenant: whose currency, name and day an expression means, and what may not change under stored amounts.
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::Client,
    database::Database,
    instance::{Instance, folder},
};

both_databases!(
    a_record_reckons_in_the_currency_of_its_company,
    rights_on_companies_do_not_change_results,
    forms_offer_the_company_of_a_record,
    the_currency_of_stored_amounts_stays,
    one_company_is_the_default,
    records_that_are_there_join_the_default_company,
);

const RATES: [(&str, &str, &str); 3] = [("EUR", "USD", "1.25"), ("EUR", "CNY", "8"), ("EUR", "JPY", "160")];

struct Firm {
    instance: Instance,
    admin: Client,
    /// The tenant's first company, in yuan.
    main: String,
    /// A second one, in yen.
    tokyo: String,
}

impl Firm {
    fn new(database: &Database) -> Self {
        let instance = Instance::new(database);
        instance.install(&folder("tests/cases/companies/app"));
        for role in ["clerk", "reader"] {
            instance.add_person(role, &format!("companies.{role}"));
        }
        let admin = instance.client("admin");
        for (base, currency, rate) in RATES {
            create(&admin, "exchange_rate", &json!({"currency": base, "base": currency, "date": "2026-03-02", "rate": rate}));
        }
        for (code, digits) in [("USD", 2), ("CNY", 2), ("JPY", 0)] {
            create(&admin, "currency", &json!({"code": code, "name": code, "digits": digits}));
        }
        let main = admin.get("/api/records/company").expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        let tokyo = json!({"name": "Tokyo", "code": "T", "currency": "JPY", "zone": "Asia/Tokyo"});
        let tokyo = create(&admin, "company", &tokyo);
        Self { instance, admin, main, tokyo }
    }
}

fn create(client: &Client, entity: &str, record: &Json) -> String {
    let made = client.post(&format!("/api/records/{entity}"), record).expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

fn amount(value: &Json) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("no amount: {value}")).parse().unwrap()
}

fn bill(amount: &str) -> Json {
    json!({"amount": amount, "currency": "USD", "day": "2026-03-04"})
}

fn code(answer: &Json) -> (&str, &str) {
    (answer["errors"][0]["code"].as_str().unwrap_or_default(), answer["errors"][0]["pointer"].as_str().unwrap_or_default())
}

fn a_record_reckons_in_the_currency_of_its_company(database: &Database) {
    let firm = Firm::new(database);
    let admin = &firm.admin;
    let mut record = bill("100.55");
    record["lines"] = json!([{"price": "10.5"}]);
    let made = admin.post("/api/records/invoice", &record).expect(201).json();
    assert_eq!((&made["company"], amount(&made["base_amount"])), (&json!(firm.main), "643.52".parse().unwrap()));
    assert_eq!((&made["where"], &made["lines"][0]["home"]), (&json!("Test"), &json!("CNY")));
    let path = format!("/api/records/invoice/{}", made["id"].as_str().unwrap());
    let moved = admin.patch(&path, &json!({"company": firm.tokyo, "cost": "12.34"})).expect(200).json();
    assert_eq!(amount(&moved["base_amount"]), "12870".parse().unwrap());
    assert_eq!(amount(&moved["cost"]), "12".parse().unwrap());
    assert_eq!((&moved["where"], &moved["lines"][0]["home"]), (&json!("Tokyo"), &json!("JPY")));

    // A claim has no company: it is the default one's.
    let claim = admin.post("/api/records/claim", &bill("100.55")).expect(201).json();
    assert_eq!((amount(&claim["base_amount"]), &claim["where"]), ("643.52".parse().unwrap(), &json!("Test")));
    let of_default = admin.query("/api/records/claim", &[("filter", "company.currency == \"CNY\" && company.code == \"MAIN\"")]);
    assert_eq!(of_default.expect(200).json()["items"].as_array().unwrap().len(), 1);
    for (filter, found) in [("company.currency == \"JPY\"", 1), ("company.currency == \"CNY\"", 0)] {
        let items = admin.query("/api/records/invoice", &[("filter", filter)]).expect(200).json();
        assert_eq!(items["items"].as_array().unwrap().len(), found, "{filter}");
    }
    let unknown = admin.query("/api/records/claim", &[("filter", "company.colour == \"red\"")]).expect(400).json();
    assert_eq!(unknown["errors"][0]["code"], "unknown_field");

    // A person's own company is that of their new records, and what is chosen must be one that is there.
    let people = admin.query("/api/records/user", &[("filter", "email == \"admin@test.kontor\"")]).expect(200).json();
    let person = format!("/api/records/user/{}", people["items"][0]["id"].as_str().unwrap());
    admin.patch(&person, &json!({"company": firm.tokyo})).expect(200);
    let made = admin.post("/api/records/invoice", &bill("1")).expect(201).json();
    assert_eq!((&made["company"], amount(&made["base_amount"])), (&json!(firm.tokyo), "128".parse().unwrap()));
    let mut wrong = bill("1");
    wrong["company"] = json!("0197f3a0-0000-7000-8000-000000000001");
    assert_eq!(code(&admin.post("/api/records/invoice", &wrong).expect(422).json()), ("unknown_reference", "/company"));

    // Amounts of several companies are not added up.
    let mixed = admin.query("/api/records/invoice/aggregate", &[("measures", "sum(base_amount)")]).expect(400).json();
    assert_eq!(mixed["errors"][0]["code"], "mixed_currencies", "{mixed}");
    let by = [("measures", "sum(base_amount)"), ("group", "company")];
    assert_eq!(admin.query("/api/records/invoice/aggregate", &by).expect(200).json()["items"].as_array().unwrap().len(), 1);
    firm.instance.assert_whole("records of two companies");
}

fn rights_on_companies_do_not_change_results(database: &Database) {
    let firm = Firm::new(database);
    let clerk = firm.instance.client("clerk");
    let made = clerk.post("/api/records/invoice", &bill("100")).expect(201).json();
    assert_eq!((amount(&made["base_amount"]), &made["where"]), ("640".parse().unwrap(), &json!("Test")));
    // Formulas run as their definer; a filter of the clerk's own may not look at companies.
    for filter in ["company.currency == \"CNY\"", "company.name == \"Test\""] {
        for entity in ["invoice", "claim"] {
            let refused = clerk.query(&format!("/api/records/{entity}"), &[("filter", filter)]).expect(400).json();
            assert_eq!(refused["errors"][0]["code"], "unknown_field", "{entity} {filter}");
        }
    }
    let mut other = bill("100");
    other["company"] = json!(firm.tokyo);
    assert_eq!(code(&clerk.post("/api/records/invoice", &other).expect(422).json()), ("unknown_reference", "/company"));

    // Whose company is hidden cannot choose it, filter by it, or see what it is.
    let reader = firm.instance.client("reader");
    assert_eq!(reader.post("/api/records/invoice", &other).expect(400).json()["errors"][0]["code"], "unknown_property");
    let made = reader.post("/api/records/invoice", &bill("100")).expect(201).json();
    assert!(made.get("company").is_none() && !made["base_amount"].is_null(), "{made}");
    let refused = reader.query("/api/records/invoice", &[("filter", "company.currency == \"CNY\"")]).expect(400).json();
    assert_eq!(refused["errors"][0]["code"], "unknown_field");
}

/// What the screens of somebody know of the company of an invoice: the field, and the right on it.
fn offered(client: &Client) -> (Option<Json>, Json) {
    let definitions = client.get("/api/definitions").expect(200).json();
    let entities = definitions["entities"].as_array().unwrap();
    let invoice = entities.iter().find(|entity| entity["document"]["name"] == "invoice").unwrap();
    let fields = invoice["document"]["fields"].as_array().unwrap();
    // An entity without a company of its own has no such field.
    let mut others = entities.iter().filter(|entity| entity["document"]["name"] != "invoice");
    assert!(others.all(|other| other["app"] == "base" || !other["document"]["fields"].to_string().contains("base.company")));
    (fields.iter().find(|field| field["name"] == "company").cloned(), invoice["rights"]["fields"]["company"].clone())
}

fn forms_offer_the_company_of_a_record(database: &Database) {
    let firm = Firm::new(database);
    let (field, right) = offered(&firm.admin);
    let expected =
        json!({"name": "company", "title": {"zh-CN": "公司", "en": "Company"}, "type": "reference", "entity": "base.company"});
    assert_eq!((field, right), (Some(expected.clone()), json!("write")));
    // Who knows no companies cannot choose one, and who may not see the field is not shown it.
    assert_eq!(offered(&firm.instance.client("clerk")).0, None);
    assert_eq!(offered(&firm.instance.client("reader")).0, None);

    let mut package = folder("tests/cases/companies/app");
    let mut role: Json = serde_json::from_str(&package.source.files["roles/clerk.json"]).unwrap();
    role["entities"]["base.company"] = json!({"read": "all", "fields": {"name": "read", "*": "none"}});
    package.source.files.insert("roles/clerk.json".to_owned(), role.to_string());
    firm.instance.install(&package);
    let clerk = firm.instance.client("clerk");
    assert_eq!(offered(&clerk), (Some(expected), json!("write")));
    let mut record = bill("100");
    record["company"] = json!(firm.tokyo);
    let made = clerk.post("/api/records/invoice", &record).expect(201).json();
    let shown =
        clerk.query(&format!("/api/records/invoice/{}", made["id"].as_str().unwrap()), &[("expand", "company")]).expect(200);
    assert_eq!(shown.json()["company"]["name"], "Tokyo");
}

fn the_currency_of_stored_amounts_stays(database: &Database) {
    let firm = Firm::new(database);
    let path = |id: &str| format!("/api/records/company/{id}");
    // Nothing is reckoned in it yet.
    firm.admin.patch(&path(&firm.tokyo), &json!({"currency": "USD"})).expect(200);
    firm.admin.patch(&path(&firm.tokyo), &json!({"currency": "JPY"})).expect(200);
    let mut record = bill("10");
    record["company"] = json!(firm.tokyo);
    create(&firm.admin, "invoice", &record);
    let refused = firm.admin.patch(&path(&firm.tokyo), &json!({"currency": "USD"})).expect(409).json();
    assert_eq!(code(&refused), ("currency_in_use", "/currency"));
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("Invoice"), "{refused}");
    // The first company has no records of its own, and is not yet the one of a claim.
    firm.admin.patch(&path(&firm.main), &json!({"currency": "USD"})).expect(200);
    firm.admin.patch(&path(&firm.main), &json!({"currency": "CNY"})).expect(200);
    create(&firm.admin, "claim", &bill("10"));
    let refused = firm.admin.patch(&path(&firm.main), &json!({"currency": "USD"})).expect(409).json();
    assert_eq!(code(&refused), ("currency_in_use", "/currency"));
    let refused = firm.admin.patch(&path(&firm.tokyo), &json!({"is_default": true})).expect(409).json();
    assert_eq!(code(&refused), ("currency_in_use", "/is_default"));
    // Everything else of it may change, and live fields follow.
    firm.admin.patch(&path(&firm.main), &json!({"name": "Head office", "zone": "Europe/Berlin"})).expect(200);
    let claims = firm.admin.query("/api/records/claim", &[("fields", "where")]).expect(200).json();
    assert_eq!(claims["items"][0]["where"], "Head office");
}

fn one_company_is_the_default(database: &Database) {
    let firm = Firm::new(database);
    let path = |id: &str| format!("/api/records/company/{id}");
    let marked = || {
        let all = firm.admin.query("/api/records/company", &[("fields", "is_default,code"), ("sort", "code")]).expect(200).json();
        all["items"].as_array().unwrap().iter().map(|item| item["is_default"] == json!(true)).collect::<Vec<_>>()
    };
    assert_eq!(marked(), [true, false]);
    let unmark = firm.admin.patch(&path(&firm.main), &json!({"is_default": false})).expect(409).json();
    assert_eq!(code(&unmark), ("default_company", "/is_default"));
    let archive = firm.admin.delete(&path(&firm.main)).expect(409).json();
    assert_eq!(code(&archive).0, "default_company");
    firm.admin.patch(&path(&firm.tokyo), &json!({"is_default": true})).expect(200);
    assert_eq!(marked(), [false, true]);
    firm.admin.delete(&path(&firm.main)).expect(204);
    assert_eq!(
        amount(&firm.admin.post("/api/records/claim", &bill("1")).expect(201).json()["base_amount"]),
        "128".parse().unwrap()
    );
    for zone in ["Mars/Olympus", "GMT+8 or so", "Asia/"] {
        let refused = firm.admin.patch(&path(&firm.tokyo), &json!({"zone": zone})).expect(422).json();
        assert_eq!(code(&refused), ("unknown_zone", "/zone"), "{zone}");
    }
    firm.instance.assert_whole("another default company");
}

fn records_that_are_there_join_the_default_company(database: &Database) {
    let firm = Firm::new(database);
    let id = create(&firm.admin, "claim", &bill("100"));
    let mut package = folder("tests/cases/companies/app");
    let path = "entities/claim.json";
    let text = package.source.files[path].replace("\"owner\": true", "\"owner\": true,\n  \"company\": true");
    package.source.files.insert(path.to_owned(), text);
    // Claims of several companies are not one sum any more.
    let account = "entities/account.json";
    let mut document: Json = serde_json::from_str(&package.source.files[account]).unwrap();
    document["fields"].as_array_mut().unwrap().retain(|field| field["name"] != "claims" && field["name"] != "in_euro");
    package.source.files.insert(account.to_owned(), document.to_string());
    firm.instance.install(&package);
    let claim = firm.admin.get(&format!("/api/records/claim/{id}")).expect(200).json();
    assert_eq!((&claim["company"], amount(&claim["base_amount"])), (&json!(firm.main), "640".parse().unwrap()));
    firm.instance.assert_whole("claims have a company");
}
