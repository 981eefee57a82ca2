//! Translatable fields over HTTP: everybody reads, writes, sorts, filters and finds texts in their own language (long because
//! every place where a text is shown is asked on one small app).
use axum::http::Method;
use kontor_definitions::{Aspect, RecordId};
use kontor_integrations::{
    import::{self, Import, ImportError, map::Existing, plan::map_of_header, report::Report},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who, verify::Invariant};
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::Client,
    database::Database,
    instance::{Instance, folder},
    raw::Raw,
};

both_databases!(
    everybody_reads_their_own_language,
    a_plain_text_is_one_language_an_object_several,
    what_is_no_text_of_a_language_is_refused,
    lists_are_sorted_filtered_and_grouped_by_what_is_seen,
    words_of_every_language_find,
    lookups_and_formulas,
    history_tells_the_language,
    a_hidden_field_gives_no_translation,
    damage_is_found,
    the_option_comes_and_goes,
    a_purge_takes_the_texts,
    an_import_fills_languages,
);

const PRODUCTS: &str = "/api/records/product";

struct Shop {
    instance: Instance,
    /// The same editor in both languages.
    zh: Client,
    en: Client,
}

fn shop(database: &Database) -> Shop {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/texts/catalogue"));
    instance.add_person("editor", "catalogue.editor");
    instance.add_person("clerk", "catalogue.clerk");
    instance.add_person("seller", "catalogue.seller");
    let editor = instance.client("editor");
    Shop { zh: editor.clone().reading("zh-CN"), en: editor.reading("en"), instance }
}

impl Shop {
    fn create(&self, client: &Client, body: &Json) -> String {
        client.post(PRODUCTS, body).expect(201).json()["id"].as_str().unwrap().to_owned()
    }

    fn name(&self, client: &Client, id: &str) -> Json {
        client.get(&format!("{PRODUCTS}/{id}")).expect(200).json()["name"].clone()
    }

    fn texts(&self, id: &str) -> Json {
        self.en.get(&format!("{PRODUCTS}/{id}?translations=true")).expect(200).json()["name_translations"].clone()
    }
}

fn everybody_reads_their_own_language(database: &Database) {
    let shop = shop(database);
    let body = json!({
        "code": "B1", "name": {"zh-CN": "螺栓", "en": "Bolt", "de": "Schraube"}, "note": {"en": "long\ntext"},
        "parts": [{"title": {"zh-CN": "螺母", "en": "Nut"}, "qty": 1}, {"title": "Washer", "qty": 2}],
    });
    let made = shop.en.post(PRODUCTS, &body).expect(201).json();
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["name"], &made["parts"][0]["title"]), (&json!("Bolt"), &json!("Nut")));
    assert!(made.get("name_translations").is_none(), "only who asks is told: {made}");
    let zh = shop.zh.get(&format!("{PRODUCTS}/{id}")).expect(200).json();
    assert_eq!(
        (&zh["name"], &zh["parts"][0]["title"], &zh["parts"][1]["title"]),
        (&json!("螺栓"), &json!("螺母"), &json!("Washer"))
    );
    assert_eq!(zh["note"], "long\ntext", "who has no text of their own sees one");
    let told = shop.zh.get(&format!("{PRODUCTS}/{id}?translations=true")).expect(200).json();
    assert_eq!(told["name_translations"], json!({"zh-CN": "螺栓", "en": "Bolt", "de": "Schraube"}));
    assert_eq!(told["note_translations"], json!({"zh-CN": "long\ntext", "en": "long\ntext"}));
    assert_eq!(told["secret_translations"], Json::Null);
    assert_eq!(told["parts"][0]["title_translations"], json!({"zh-CN": "螺母", "en": "Nut"}));
    // In lists, behind references and in expanded records.
    let sale = shop.instance.client("seller").post("/api/records/sale", &json!({"number": "S1"})).expect(201).json();
    let sale = format!("/api/records/sale/{}", sale["id"].as_str().unwrap());
    shop.zh.patch(&sale, &json!({"product": id})).expect(200);
    for (client, name) in [(&shop.zh, "螺栓"), (&shop.en, "Bolt")] {
        let list = client.get(&format!("{PRODUCTS}?fields=name,name_translations")).expect(200).json();
        assert_eq!(list["items"][0]["name"], name);
        assert_eq!(list["items"][0]["name_translations"]["de"], "Schraube");
        let sales = client.get("/api/records/sale?fields=product.name&expand=product").expect(200).json();
        assert_eq!((&sales["items"][0]["product.name"], &sales["items"][0]["product"]["name"]), (&json!(name), &json!(name)));
        let dry = client.post(&format!("{PRODUCTS}/evaluate"), &json!({"record": {"id": id}})).expect(200).json();
        assert_eq!(dry["record"]["name"], name);
    }
    shop.en.get(&format!("{PRODUCTS}?translations=true")).refused(400, "unknown_parameter");
    shop.instance.assert_whole("after reading");
}

fn a_plain_text_is_one_language_an_object_several(database: &Database) {
    let shop = shop(database);
    let id = shop.create(&shop.zh, &json!({"name": "螺栓"}));
    let path = format!("{PRODUCTS}/{id}");
    assert_eq!(shop.texts(&id), json!({"zh-CN": "螺栓"}));
    // What is shown and sent back is no text of that language.
    shop.en.patch(&path, &json!({"name": "螺栓"})).expect(200);
    assert_eq!(shop.texts(&id), json!({"zh-CN": "螺栓"}));
    let changed = shop.en.patch(&path, &json!({"name": "Bolt"})).expect(200);
    assert_eq!((changed.etag(), changed.json()["name"].as_str()), ("\"2\"", Some("Bolt")));
    assert_eq!(shop.name(&shop.zh, &id), "螺栓");
    shop.zh.patch(&path, &json!({"name": "六角螺栓"})).expect(200);
    assert_eq!(shop.texts(&id), json!({"zh-CN": "六角螺栓", "en": "Bolt"}));
    // Several at once; null takes one away, what is not named stays.
    shop.zh.patch(&path, &json!({"name": {"en": null, "fr": "Boulon"}})).expect(200);
    assert_eq!((shop.texts(&id), shop.name(&shop.en, &id)), (json!({"zh-CN": "六角螺栓", "fr": "Boulon"}), json!("六角螺栓")));
    let stale = shop.en.send(Method::PATCH, &path, Some(b"{\"name\": {\"en\": \"x\"}}".to_vec()), &[("if-match", "\"1\"")]);
    stale.expect(412);
    // All texts as they were told may come back with the record.
    let told = shop.texts(&id);
    shop.en.patch(&path, &json!({"name_translations": told})).expect(200);
    shop.en.patch(&path, &json!({"name_translations": {"en": "x"}})).refused(422, "read_only");
    // The field has a text of its own while it has any.
    shop.en.patch(&path, &json!({"name": {"zh-CN": null}})).expect(200);
    assert_eq!(shop.texts(&id), json!({"zh-CN": "Boulon", "fr": "Boulon"}));
    shop.zh.patch(&path, &json!({"name": {"zh-CN": null, "fr": null}})).refused(422, "required");
    shop.en.patch(&path, &json!({"name": null})).refused(422, "required");
    shop.zh.patch(&path, &json!({"note": {"zh-CN": "甲", "en": "A"}})).expect(200);
    let emptied = shop.en.patch(&path, &json!({"note": null})).expect(200).json();
    assert_eq!(emptied["note"], Json::Null);
    assert_eq!(shop.zh.get(&format!("{path}?translations=true")).expect(200).json()["note_translations"], Json::Null);

    // Who writes first gives the text for all; until somebody writes the first language it goes along.
    let id = shop.create(&shop.en, &json!({"name": "Nut"}));
    let path = format!("{PRODUCTS}/{id}");
    shop.en.patch(&path, &json!({"name": "Hex nut"})).expect(200);
    assert_eq!(shop.texts(&id), json!({"zh-CN": "Hex nut", "en": "Hex nut"}));
    shop.zh.patch(&path, &json!({"name": "螺母"})).expect(200);
    shop.en.patch(&path, &json!({"name": "Nut"})).expect(200);
    assert_eq!(shop.texts(&id), json!({"zh-CN": "螺母", "en": "Nut"}));
    // In batches too, and lines that are sent back whole keep their texts.
    let batch = json!({"create": [{"name": "Pin", "parts": [{"title": {"zh-CN": "销", "en": "Pin"}}]}], "update": [{"id": id, "name": {"de": "Mutter"}}]});
    let made = shop.en.post(&format!("{PRODUCTS}/batch"), &batch).expect(200).json();
    assert_eq!(shop.texts(&id)["de"], "Mutter");
    let pin = format!("{PRODUCTS}/{}", made["created"][0].as_str().unwrap());
    let lines = shop.en.get(&pin).expect(200).json()["parts"].clone();
    let line = json!([{"id": lines[0]["id"], "title": "Pin", "qty": 4}]);
    let kept = shop.en.patch(&pin, &json!({"parts": line})).expect(200).json();
    assert_eq!(kept["parts"][0]["qty"], 4);
    assert_eq!(shop.zh.get(&pin).expect(200).json()["parts"][0]["title"], "销");
    shop.instance.assert_whole("after writing");
}

fn what_is_no_text_of_a_language_is_refused(database: &Database) {
    let shop = shop(database);
    let long = "x".repeat(41);
    let body = json!({"name": {"zh-CN": "好", "EN": "a", "en_GB": "b", "en": long, "de": 7, "fr": "two\nlines"}, "code": 1});
    let refused = shop.en.post(PRODUCTS, &body).expect(400).json();
    let mut found: Vec<(&str, &str)> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("/code", "wrong_type"),
            ("/name/EN", "bad_locale"),
            ("/name/de", "wrong_type"),
            ("/name/en", "too_long"),
            ("/name/en_GB", "bad_locale"),
            ("/name/fr", "control_character"),
        ]
    );
    shop.en.post(PRODUCTS, &json!({"name": {}})).refused(422, "required");
    shop.en.post(PRODUCTS, &json!({"name": ["a"]})).refused(400, "wrong_type");
    shop.en.post(PRODUCTS, &json!({"name": {"en": ""}})).refused(422, "required");
    let many: serde_json::Map<String, Json> =
        ('a'..='z').flat_map(|a| ['x', 'y', 'z'].map(|b| (format!("{a}{b}"), json!("t")))).collect();
    shop.en.post(PRODUCTS, &json!({"name": many})).refused(422, "too_many");
}

fn names(answer: &Json) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

fn lists_are_sorted_filtered_and_grouped_by_what_is_seen(database: &Database) {
    let shop = shop(database);
    for (zh, en) in
        [("阿", Some("zebra")), ("重庆", Some("Apple")), ("北", None), ("上海", Some("apple 10")), ("沙", Some("apple 9"))]
    {
        let name = match en {
            Some(en) => json!({"zh-CN": zh, "en": en}),
            None => json!({"zh-CN": zh}),
        };
        shop.create(&shop.zh, &json!({"name": name, "code": zh}));
    }
    let chinese = ["阿", "北", "重庆", "沙", "上海"];
    let english = ["北", "Apple", "apple 9", "apple 10", "zebra"];
    for (client, order) in [(&shop.zh, chinese), (&shop.en, english)] {
        assert_eq!(names(&client.get(&format!("{PRODUCTS}?sort=name")).expect(200).json()), order);
        // Page by page the same.
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut asked = vec![("sort", "name"), ("limit", "2"), ("fields", "name")];
            asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = client.query(PRODUCTS, &asked).expect(200).json();
            seen.extend(names(&page).into_iter().map(str::to_owned));
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, order);
        let backwards: Vec<&str> = order.into_iter().rev().collect();
        assert_eq!(names(&client.get(&format!("{PRODUCTS}?sort=-name")).expect(200).json()), backwards);
    }
    // A place in one order is none in another.
    let page = shop.zh.query(PRODUCTS, &[("sort", "name"), ("limit", "2")]).expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    shop.en.query(PRODUCTS, &[("sort", "name"), ("limit", "2"), ("cursor", cursor)]).refused(400, "wrong_cursor");
    // References are sorted by the label that is seen.
    for code in ["阿", "重庆", "北"] {
        let product = shop.zh.query(PRODUCTS, &[("filter", &format!("code == \"{code}\""))]).expect(200).json();
        let body = json!({"number": code, "product": product["items"][0]["id"]});
        shop.zh.post("/api/records/sale", &body).expect(201);
    }
    for (client, order) in [(&shop.zh, ["阿", "北", "重庆"]), (&shop.en, ["北", "重庆", "阿"])] {
        let sales = client.get("/api/records/sale?sort=product").expect(200).json();
        let numbers: Vec<&str> = sales["items"].as_array().unwrap().iter().map(|sale| sale["number"].as_str().unwrap()).collect();
        assert_eq!(numbers, order);
    }
    let found = |client: &Client, filter: &str| {
        let answer = client.query(PRODUCTS, &[("filter", filter), ("sort", "name")]).expect(200).json();
        names(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found(&shop.en, "name == \"Apple\""), ["Apple"]);
    assert_eq!(found(&shop.en, "starts_with(name, \"apple\")"), ["apple 9", "apple 10"]);
    assert_eq!(found(&shop.en, "name == \"北\" || name in [\"zebra\"]"), ["北", "zebra"]);
    assert_eq!(found(&shop.zh, "name == \"Apple\""), [""; 0]);
    assert_eq!(found(&shop.zh, "name != \"重庆\" && name != \"阿\""), ["北", "沙", "上海"]);
    let groups =
        shop.en.query(&format!("{PRODUCTS}/aggregate"), &[("group", "name"), ("measures", "count(),count_distinct(name)")]);
    let groups = groups.expect(200).json();
    let told: Vec<&str> = groups["items"].as_array().unwrap().iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert_eq!(told, ["Apple", "apple 10", "apple 9", "zebra", "北"]);
    assert_eq!(groups["items"][0]["count_distinct(name)"], 1);
}

fn words_of_every_language_find(database: &Database) {
    let shop = shop(database);
    let id = shop.create(&shop.zh, &json!({"name": {"zh-CN": "螺栓", "en": "Bolt", "de": "Schraube"}}));
    let hit = |client: &Client, word: &str| {
        let answer = client.query("/api/search", &[("q", word)]).expect(200).json();
        let hit = &answer["groups"][0]["hits"][0];
        (hit["label"].as_str().map(str::to_owned), hit["fields"].clone())
    };
    for word in ["螺栓", "luoshuan", "bol", "schraube"] {
        assert_eq!(hit(&shop.en, word), (Some("Bolt".to_owned()), json!(["name"])), "{word}");
        assert_eq!(hit(&shop.zh, word).0.as_deref(), Some("螺栓"), "{word}");
        let list = shop.zh.query(PRODUCTS, &[("q", word)]).expect(200).json();
        assert_eq!(names(&list), ["螺栓"], "{word}");
    }
    shop.zh.patch(&format!("{PRODUCTS}/{id}"), &json!({"name": {"de": null}})).expect(200);
    assert_eq!(hit(&shop.en, "schraube").0, None);
    shop.zh.delete(&format!("{PRODUCTS}/{id}")).expect(204);
    assert_eq!(hit(&shop.en, "bolt").0, None);
    shop.instance.assert_whole("archived");
    shop.zh.post(&format!("{PRODUCTS}/{id}/unarchive"), &json!({})).expect(200);
    assert_eq!(hit(&shop.zh, "bolt").0.as_deref(), Some("螺栓"));
    shop.instance.assert_whole("back");
    // Who is asked about a record of the same thing is told it as they know it.
    let asked = shop.en.post(PRODUCTS, &json!({"name": "螺栓"})).expect(409).text();
    assert!(asked.contains("Bolt"), "{asked}");
}

fn lookups_and_formulas(database: &Database) {
    let shop = shop(database);
    let body = json!({"code": "B1", "name": {"zh-CN": "螺栓", "en": "Bolt"}});
    let id = shop.create(&shop.en, &body);
    // What is computed and stored is made of the field's own text, whoever asks.
    for client in [&shop.zh, &shop.en] {
        assert_eq!(client.get(&format!("{PRODUCTS}/{id}")).expect(200).json()["tag"], "螺栓/B1");
    }
    let sale = shop.en.post("/api/records/sale", &json!({"number": "S1", "product": id})).expect(201).json();
    assert_eq!((&sale["product_name"], &sale["product_then"]), (&json!("Bolt"), &json!("螺栓")));
    let path = format!("/api/records/sale/{}", sale["id"].as_str().unwrap());
    assert_eq!(shop.zh.get(&path).expect(200).json()["product_name"], "螺栓");
    let entities = shop.en.get("/api/definitions").expect(200).json()["entities"].clone();
    let product = entities.as_array().unwrap().iter().find(|entity| entity["document"]["name"] == "product").unwrap().clone();
    assert!(product["expressions"].get("tag").is_none(), "the browser would compute it of another text");
    assert_eq!(product["rights"]["fields"]["name_translations"], "read");
    let dry = json!({"record": {"name": {"zh-CN": "销", "en": "Pin"}, "code": "P"}});
    let dry = shop.en.post(&format!("{PRODUCTS}/evaluate"), &dry).expect(200).json();
    assert_eq!((&dry["record"]["name"], &dry["record"]["tag"]), (&json!("Pin"), &json!("销/P")));
    shop.instance.assert_whole("after look-ups");
}

fn history_tells_the_language(database: &Database) {
    let shop = shop(database);
    let body = json!({"name": {"zh-CN": "螺栓", "en": "Bolt"}, "parts": [{"title": {"zh-CN": "甲", "en": "A"}}]});
    let id = shop.create(&shop.zh, &body);
    let path = format!("{PRODUCTS}/{id}");
    shop.zh.patch(&path, &json!({"name": {"en": "Screw", "de": "Schraube"}})).expect(200);
    shop.zh.patch(&path, &json!({"parts": []})).expect(200);
    let history = shop.zh.get(&format!("{path}/history")).expect(200).json();
    let told = |revision: usize| {
        let changes = history["items"][revision]["changes"].as_array().unwrap().clone();
        let short = |change: &Json| {
            json!([change["field"], change.get("locale").cloned().unwrap_or_default(), change["old"], change["new"]])
        };
        changes.iter().filter(|change| change["field"] != "tag").map(short).collect::<Vec<_>>()
    };
    assert_eq!(told(1), [json!(["name", "de", null, "Schraube"]), json!(["name", "en", "Bolt", "Screw"])]);
    assert_eq!(told(0), [json!(["parts.title", null, "甲", null]), json!(["parts.title", "en", "A", null])]);
    assert!(told(2).contains(&json!(["name", null, null, "螺栓"])) && told(2).contains(&json!(["name", "en", null, "Bolt"])));
    shop.instance.assert_whole("with history");
}

fn a_hidden_field_gives_no_translation(database: &Database) {
    let shop = shop(database);
    let body = json!({"name": {"zh-CN": "螺栓", "en": "Bolt"}, "secret": {"zh-CN": "机密", "en": "CANARY"}, "parts": [{"title": {"zh-CN": "机", "en": "CANARY"}, "qty": 1}]});
    let id = shop.create(&shop.zh, &body);
    let path = format!("{PRODUCTS}/{id}");
    let clerk = shop.instance.client("clerk");
    for address in [
        format!("{path}?translations=true"),
        format!("{path}/history"),
        format!("{PRODUCTS}?q=canary"),
        "/api/search?q=canary".to_owned(),
    ] {
        let text = clerk.get(&address).expect(200).text();
        assert!(!text.contains("CANARY") && !text.contains("机密") && !text.contains("secret"), "{address}: {text}");
    }
    assert!(!clerk.get("/api/definitions").expect(200).text().contains("secret"));
    let told = clerk.get(&format!("{path}?translations=true")).expect(200).json();
    assert_eq!(told["name_translations"]["en"], "Bolt");
    let ask = |name: &str, value: &str| clerk.query(PRODUCTS, &[(name, value)]).expect(400).text();
    for (name, value) in [
        ("fields", "name,secret_translations"),
        ("sort", "secret_translations"),
        ("filter", "secret_translations != ()"),
        ("expand", "secret_translations"),
        ("fields", "secret"),
        ("sort", "secret"),
    ] {
        assert_eq!(ask(name, value).replace("secret", "nosuch"), ask(name, &value.replace("secret", "nosuch")), "{name}={value}");
    }
    let write = |name: &str| {
        let body = json!({name: {"en": "x"}});
        clerk.patch(&path, &body).expect(400).text().replace(name, "it")
    };
    assert_eq!(write("secret"), write("nosuch"));
    assert_eq!(write("secret_translations"), write("nosuch_translations"));
    // What may be written may be written in every language.
    clerk.patch(&path, &json!({"name": {"de": "Schraube"}})).expect(200);
    let seller = shop.instance.client("seller");
    seller.get(&format!("{path}?translations=true")).expect(404);
    shop.instance.visitor().get(&format!("{path}?translations=true")).expect(401);
    // A reference to what one may not read answers no text.
    let sale = shop.zh.post("/api/records/sale", &json!({"number": "S", "product": id})).expect(201).json();
    let sale = format!("/api/records/sale/{}?translations=true&expand=product", sale["id"].as_str().unwrap());
    assert!(!seller.get(&sale).expect(200).text().contains("CANARY"));
}

fn damage_is_found(database: &Database) {
    let shop = shop(database);
    shop.create(&shop.zh, &json!({"name": {"zh-CN": "螺栓", "en": "Bolt"}}));
    shop.instance.assert_whole("before any damage");
    let snapshot = shop.instance.tenant().snapshot();
    let entity = snapshot.catalog.entity_named("catalogue.product").unwrap();
    let info = &snapshot.physical.tables[&entity.id];
    let texts = entity.field_named("name_translations").unwrap().id;
    let column = |id| format!("\"{}\"", info.columns[&id].name);
    let (others, keys) = (column(texts), column(texts.aspect(Aspect::SortKey)));
    let name = column(entity.field_named("name").unwrap().id);
    let table = format!("{{t}}\"{}\"", info.name);
    let mut raw = Raw::open(database, shop.instance.tenant());
    raw.run(&format!("CREATE TABLE {{t}}copy_product AS SELECT * FROM {table}"));
    for (what, set, invariant) in [
        ("no object", format!("{others} = '[\"Bolt\"]'"), Invariant::Values),
        ("no tag of a language", format!("{others} = '{{\"English\": \"Bolt\"}}'"), Invariant::Values),
        ("a tag written in another way", format!("{others} = '{{\"EN\": \"Bolt\"}}'"), Invariant::Values),
        ("the first language twice", format!("{others} = '{{\"zh-CN\": \"Bolt\"}}'"), Invariant::Values),
        ("no text", format!("{others} = '{{\"en\": 7}}'"), Invariant::Values),
        ("nothing of its own", format!("{name} = NULL"), Invariant::Values),
        ("a text past the index", format!("{others} = '{{\"en\": \"Nut\"}}'"), Invariant::Search),
        ("a sort key of another text", format!("{keys} = '{{\"en\": \"x\"}}'"), Invariant::Aspects),
    ] {
        raw.run(&format!("UPDATE {table} SET {set}"));
        let report = shop.instance.verified();
        assert!(report.counts.get(&invariant).is_some_and(|count| *count > 0), "{what}: {report:?}");
        raw.run(&format!("DELETE FROM {table}"));
        raw.run(&format!("INSERT INTO {table} SELECT * FROM {{t}}copy_product"));
        shop.instance.assert_whole(what);
    }
}

fn the_option_comes_and_goes(database: &Database) {
    let shop = shop(database);
    let id = shop.create(&shop.zh, &json!({"code": "B1", "name": {"zh-CN": "螺栓", "en": "Bolt"}}));
    let admin = shop.instance.client("admin");
    let address = "/api/draft/catalogue/entity/product";
    let set = |name: &str, translatable: bool| {
        let answer = admin.get(address).expect(200);
        let mut document = answer.json();
        for field in document["fields"].as_array_mut().unwrap() {
            if field["name"] == name {
                field["translatable"] = json!(translatable);
            }
        }
        let tag = answer.etag().to_owned();
        let body = document.to_string().into_bytes();
        admin.send(Method::PUT, address, Some(body), &[("if-match", tag.as_str())]).expect(200);
        let revision = admin.post("/api/draft/publish", &json!({"message": "x"})).expect(200).json()["revision"].as_u64();
        shop.instance.assert_whole("after a publish");
        revision.unwrap()
    };
    // Off: everybody has the text of the first language, the others are unused and found by nothing.
    let off = set("name", false);
    assert_eq!((shop.name(&shop.en, &id), shop.name(&shop.zh, &id)), (json!("螺栓"), json!("螺栓")));
    let search = shop.en.query("/api/search", &[("q", "bolt")]).expect(200).json();
    assert_eq!(search["groups"], json!([]));
    shop.en.patch(&format!("{PRODUCTS}/{id}"), &json!({"name": {"en": "x"}})).refused(400, "wrong_type");
    let unused = admin.get("/api/unused").expect(200).json();
    let told: Vec<&Json> =
        unused["items"].as_array().unwrap().iter().filter(|item| item["field"] == "name_translations").collect();
    assert_eq!((told.len(), &told[0]["values"]), (1, &json!(1)), "{unused}");
    // Restored, they are back.
    admin.post(&format!("/api/revisions/{}/restore", off - 1), &json!({"message": "back"})).expect(200);
    shop.instance.assert_whole("after a restore");
    assert_eq!((shop.name(&shop.en, &id), shop.name(&shop.zh, &id)), (json!("Bolt"), json!("螺栓")));
    let search = shop.en.query("/api/search", &[("q", "bolt")]).expect(200).json();
    assert_eq!(search["groups"][0]["hits"][0]["label"], "Bolt");
    // Off and purged, they are gone.
    set("name", false);
    let unused = admin.get("/api/unused").expect(200).json();
    let keys: Vec<&Json> = unused["items"].as_array().unwrap().iter().map(|item| &item["key"]).collect();
    admin.post("/api/unused/purge", &json!({"items": keys, "accept_loss": true})).expect(200);
    shop.instance.assert_whole("after a purge");
    // On: what is there is the text of the first language.
    set("name", true);
    assert_eq!(shop.texts(&id), json!({"zh-CN": "螺栓"}));
    shop.en.patch(&format!("{PRODUCTS}/{id}"), &json!({"name": "Bolt"})).expect(200);
    assert_eq!(shop.texts(&id), json!({"zh-CN": "螺栓", "en": "Bolt"}));
    shop.instance.assert_whole("on again");
}

fn a_purge_takes_the_texts(database: &Database) {
    let shop = shop(database);
    let id = shop.create(&shop.zh, &json!({"name": {"zh-CN": "螺栓", "en": "Bolt"}}));
    shop.zh.delete(&format!("{PRODUCTS}/{id}")).expect(204);
    shop.zh.delete(&format!("{PRODUCTS}/{id}?purge=true")).expect(204);
    shop.en.get(&format!("{PRODUCTS}/{id}")).expect(404);
    shop.instance.assert_whole("after a purge");
}

fn an_import_fills_languages(database: &Database) {
    let shop = shop(database);
    let import = |who: Who, csv: &str, existing: Existing| -> Result<Report, ImportError> {
        let table = Table::from_csv(csv.as_bytes(), Encoding::Utf8).unwrap();
        let key = if existing == Existing::Error { Vec::new() } else { vec!["code".to_owned()] };
        let map = map_of_header(&table, key, existing);
        let (now, today) = shop.instance.engine().moment();
        let caller = Caller { who, now, today, seed: 7, locale: "en".to_owned() };
        let import = Import { entity: "product".to_owned(), table, map, dry_run: false, accept_duplicates: false };
        import::run(shop.instance.tenant(), &caller, import, &mut |_, _| {})
    };
    let person = shop.en.get("/api/session").expect(200).json()["user"]["id"].as_str().unwrap().parse().map(RecordId).unwrap();
    let texts = |code: &str| {
        let found = shop.en.query(PRODUCTS, &[("filter", &format!("code == \"{code}\"")), ("fields", "name_translations")]);
        found.expect(200).json()["items"][0]["name_translations"].clone()
    };
    // The command line names the language; a person's column is in theirs.
    let engine = || Who::Engine(RecordId(uuid::Uuid::nil()));
    let csv = "code,name,name[en],name[de],parts.title,parts.title[en]\nB1,螺栓,Bolt,,甲,A\nB2,螺母,,Mutter,乙,\n";
    let report = import(engine(), csv, Existing::Skip).unwrap();
    assert_eq!((report.created, report.failed), (2, 0), "{report:?}");
    assert_eq!((texts("B1"), texts("B2")), (json!({"zh-CN": "螺栓", "en": "Bolt"}), json!({"zh-CN": "螺母", "de": "Mutter"})));
    let report = import(Who::User(person), "code,name\nB2,Nut\n", Existing::Update).unwrap();
    assert_eq!((report.updated, texts("B2")), (1, json!({"zh-CN": "螺母", "de": "Mutter", "en": "Nut"})), "{report:?}");
    let report = import(engine(), "code,name[en]\nB3,Pin\n", Existing::Error).unwrap();
    assert_eq!((report.created, texts("B3")), (1, json!({"zh-CN": "Pin", "en": "Pin"})), "{report:?}");
    let long = format!("code,name,name[en]\nB4,a,{}\n", "x".repeat(41));
    let report = import(engine(), &long, Existing::Error).unwrap();
    assert!(report.failed == 1 && format!("{report:?}").contains("too_long"), "{report:?}");
    for (csv, code) in [("name[EN]\na\n", "bad_locale"), ("name[]\na\n", "bad_locale"), ("code[en]\na\n", "unknown_field")] {
        let Err(ImportError::Map(errors)) = import(engine(), csv, Existing::Error) else { panic!("{csv}") };
        assert_eq!(errors[0].code, code, "{csv}");
    }
    shop.instance.assert_whole("after imports");
}
