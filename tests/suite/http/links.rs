//! Fields of type `links`: written whole and in part, read masked, filtered under the target's permit, emptied by a purge
//! (long because every way in and out is asked of one small app).
use axum::http::Method;
use kontor_apps::NewUser;
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{
        self, Import,
        map::{ColumnMap, Existing, ImportMap},
    },
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who, verify::Invariant};
use kontor_server::sign_in::password;
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, PASSWORD, folder},
    raw::Raw,
};

both_databases!(
    links_are_written_whole_and_in_part,
    what_cannot_be_linked_is_told,
    a_list_shows_the_first_and_how_many,
    filters_ask_for_what_is_linked,
    a_person_sees_no_more_behind_links_than_elsewhere,
    a_hidden_links_field_is_like_none,
    links_are_shown_where_some_role_shows_them,
    a_purge_takes_links_away_or_is_refused,
    links_that_become_required_are_asked_for,
    a_removed_field_keeps_its_links,
    one_cell_holds_several_links,
    damaged_links_are_found
);

fn world(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/links/club"));
    for role in ["keeper", "seller", "blind", "stranger"] {
        instance.add_person(role, &format!("club.{role}"));
    }
    instance
}

fn made(client: &Client, entity: &str, body: &Json) -> String {
    client.post(&format!("/api/records/{entity}"), body).expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn customer(client: &Client, code: &str, credit: &str) -> String {
    made(client, "customer", &json!({"code": code, "name": format!("Customer {code}"), "credit": credit}))
}

fn at(entity: &str, id: &str) -> String {
    format!("/api/records/{entity}/{id}")
}

/// Pointer and code of everything that is wrong.
fn wrong(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let all = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| (text(&one["pointer"]), text(&one["code"]))).collect()
}

fn wrongs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

fn found(client: &Client, filter: &str) -> Vec<String> {
    let list = client.query("/api/records/project", &[("filter", filter), ("sort", "name")]).expect(200).json();
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn links_are_written_whole_and_in_part(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let ids: Vec<String> = ["A", "B", "C"].iter().map(|code| customer(&keeper, code, "10")).collect();
    let [a, b, c] = [&ids[0], &ids[1], &ids[2]];
    let project = made(&keeper, "project", &json!({"name": "P", "members": [a, b, a]}));
    let path = at("project", &project);
    let shown = keeper.get(&path).expect(200).json();
    assert_eq!(shown["members"], json!([a, b]), "one that is named twice is linked once");
    assert_eq!((&shown["size"], &shown["credit"], &shown["revision"]), (&json!(2), &json!("20.00"), &json!(1)));
    assert_eq!((&shown["related"], &shown["backing"]), (&json!([]), &json!(0)));
    // Some: what is there already, and what is not there, change nothing.
    let changed = keeper.patch(&path, &json!({"members": {"add": [c, b], "remove": [a]}})).expect(200).json();
    assert_eq!((&changed["members"], &changed["revision"]), (&json!([b, c]), &json!(2)));
    let same = keeper.patch(&path, &json!({"members": {"add": [c], "remove": [a]}})).expect(200).json();
    assert_eq!(same["revision"], 2, "nothing changed");
    let same = keeper.patch(&path, &json!({"members": [c, b]})).expect(200).json();
    assert_eq!((&same["members"], &same["revision"]), (&json!([b, c]), &json!(2)), "links have no order");
    // The whole list, and none.
    let whole = keeper.patch(&path, &json!({"members": [a], "backers": [b], "related": [project]})).expect(200).json();
    assert_eq!((&whole["members"], &whole["backers"], &whole["related"]), (&json!([a]), &json!([b]), &json!([project])));
    assert_eq!((&whole["size"], &whole["backing"]), (&json!(1), &json!(1)));
    let none = keeper.patch(&path, &json!({"members": null, "backers": []})).expect(200).json();
    assert_eq!((&none["members"], &none["backers"], &none["size"]), (&json!([]), &json!([]), &json!(0)));
    // Somebody else was faster.
    let stale = keeper.send(Method::PATCH, &path, Some(json!({"members": [b]}).to_string().into()), &[("if-match", "\"2\"")]);
    assert_eq!(stale.status, 412);
    let history = keeper.get(&format!("{path}/history")).expect(200).json();
    let change = |revision: usize| {
        let items = history["items"].as_array().unwrap();
        let changes = items[items.len() - revision]["changes"].as_array().unwrap();
        changes.iter().find(|change| change["field"] == "members").cloned().unwrap()
    };
    assert_eq!(change(1), json!({"field": "members", "added": [a, b], "removed": []}));
    assert_eq!(change(2), json!({"field": "members", "added": [c], "removed": [a]}));
    assert_eq!(change(4), json!({"field": "members", "added": [], "removed": [a]}));
    // Several records at once, and a dry run.
    let batch = json!({"create": [{"name": "Q", "members": [a]}], "update": [{"id": project, "members": {"add": [b, c]}}]});
    keeper.post("/api/records/project/batch", &batch).expect(200);
    assert_eq!(keeper.get(&path).expect(200).json()["members"], json!([b, c]));
    let dry = json!({"record": {"id": project, "members": [a, b, c], "stage": "open"}});
    let dry = keeper.post("/api/records/project/evaluate", &dry).expect(200).json();
    assert_eq!((&dry["record"]["members"], &dry["record"]["size"]), (&json!([b, c, a]), &json!(3)));
    assert_eq!((&dry["errors"][0]["pointer"], &dry["errors"][0]["code"]), (&json!("/sponsors"), &json!("required")));
    let expanded = keeper.get(&format!("{path}?expand=members")).expect(200).json();
    assert_eq!(expanded["members"][0]["name"], "Customer B");
    instance.assert_whole("after writing links");
}

fn what_cannot_be_linked_is_told(database: &Database) {
    let instance = world(database);
    let (keeper, seller) = (instance.client("keeper"), instance.client("seller"));
    let (a, foreign) = (customer(&seller, "A", "1"), customer(&keeper, "F", "1"));
    let archived = customer(&seller, "X", "1");
    keeper.delete(&at("customer", &archived)).expect(204);
    let other = made(&keeper, "project", &json!({"name": "Other"}));
    let nobody = "01890000-0000-7000-8000-000000000000";
    for (links, status, expected) in [
        (
            json!([a, foreign, nobody, other]),
            422,
            vec![("/members/1", "unknown_reference"), ("/members/2", "unknown_reference"), ("/members/3", "unknown_reference")],
        ),
        (json!([archived]), 422, vec![("/members/0", "archived_reference")]),
        (json!("x"), 400, vec![("/members", "wrong_type")]),
        (
            json!([7, {}, null]),
            400,
            vec![("/members/0", "wrong_type"), ("/members/1", "wrong_type"), ("/members/2", "wrong_type")],
        ),
        (json!({"add": a, "upsert": []}), 400, vec![("/members/add", "wrong_type"), ("/members/upsert", "unknown_property")]),
        (json!({"add": [foreign]}), 422, vec![("/members/add/0", "unknown_reference")]),
    ] {
        let answer = seller.post("/api/records/project", &json!({"name": "P", "members": links}));
        assert_eq!((u16::from(answer.status), wrong(&answer)), (status, wrongs(&expected)), "{links}");
    }
    let bad = seller.post("/api/records/project", &json!({"name": "P", "members": ["nothing"]}));
    assert_eq!(wrong(&bad)[0].0, "/members/0");
    let six: Vec<String> = (0..6).map(|place| customer(&seller, &format!("M{place}"), "1")).collect();
    let many = seller.post("/api/records/project", &json!({"name": "P", "members": six})).expect(422);
    assert_eq!(wrong(&many), wrongs(&[("/members", "too_many")]));
    // A field that may be read but not written; the same links sent back are no change.
    let project = made(&keeper, "project", &json!({"name": "P", "members": [foreign], "backers": [a, foreign]}));
    let path = at("project", &project);
    let refused = seller.patch(&path, &json!({"backers": [a]})).expect(422);
    assert_eq!(wrong(&refused), wrongs(&[("/backers", "read_only")]));
    seller.patch(&path, &json!({"backers": [foreign, a], "name": "P2"})).expect(200);
    // What is linked already stays, seen or not, archived or not; and is taken away by whoever may write the field.
    keeper.delete(&at("customer", &foreign)).expect(204);
    let kept = seller.patch(&path, &json!({"members": [foreign, a]})).expect(200).json();
    assert_eq!(kept["members"], json!([foreign, a]));
    assert_eq!(seller.patch(&path, &json!({"members": {"remove": [foreign]}})).expect(200).json()["members"], json!([a]));
    let required = seller.patch(&path, &json!({"stage": "open"})).expect(422);
    assert_eq!(wrong(&required), wrongs(&[("/sponsors", "required")]));
    seller.patch(&path, &json!({"stage": "open", "sponsors": [a]})).expect(200);
    assert_eq!(
        wrong(&seller.patch(&path, &json!({"sponsors": {"remove": [a]}})).expect(422)),
        wrongs(&[("/sponsors", "required")])
    );
    instance.assert_whole("after what was refused");
}

fn a_list_shows_the_first_and_how_many(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let ids: Vec<String> = (10..24).map(|code| customer(&keeper, &code.to_string(), "1")).collect();
    made(&keeper, "project", &json!({"name": "P", "backers": ids, "members": [ids[0]]}));
    made(&keeper, "project", &json!({"name": "Q"}));
    let plain = keeper.query("/api/records/project", &[("sort", "name")]).expect(200).json();
    assert!(plain["items"][0].get("members").is_none(), "a list has no links unless they are named");
    let asked = [("fields", "name,members,backers"), ("sort", "name")];
    let list = keeper.query("/api/records/project", &asked).expect(200).json();
    assert_eq!(list["items"][0]["members"], json!({"count": 1, "items": [ids[0]]}));
    assert_eq!(list["items"][0]["backers"], json!({"count": 14, "items": &ids[..10]}));
    assert_eq!(list["items"][1]["backers"], json!({"count": 0, "items": []}));
    let named = keeper.query("/api/records/project", &[asked[0], asked[1], ("expand", "members")]).expect(200).json();
    assert_eq!(named["items"][0]["members"]["items"][0]["name"], "Customer 10");
    for (name, value, code) in [
        ("sort", "members", "not_sortable"),
        ("fields", "members.name", "unknown_field"),
        ("expand", "members.name", "not_expandable"),
    ] {
        let answer = keeper.query("/api/records/project", &[(name, value)]).expect(400);
        assert_eq!(wrong(&answer)[0].1, code, "{name}={value}");
    }
}

fn filters_ask_for_what_is_linked(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let ids: Vec<String> =
        [("A", "10"), ("B", "20"), ("C", "70")].iter().map(|(code, credit)| customer(&keeper, code, credit)).collect();
    for (name, members) in [("P", vec![0, 1]), ("Q", vec![1, 2]), ("R", vec![])] {
        let members: Vec<&String> = members.into_iter().map(|place: usize| &ids[place]).collect();
        made(&keeper, "project", &json!({"name": name, "members": members}));
    }
    for (filter, expected) in [
        (format!("members.any(|m| m.id == \"{}\")", ids[0]), vec!["P"]),
        (format!("members.any(|m| m == \"{}\")", ids[1]), vec!["P", "Q"]),
        (format!("!members.any(|m| m in [\"{}\"])", ids[0]), vec!["Q", "R"]),
        ("members.count > 1".to_owned(), vec!["P", "Q"]),
        ("members.count == 0".to_owned(), vec!["R"]),
        ("members.any(|m| m.code == \"C\")".to_owned(), vec!["Q"]),
        ("members.all(|m| m.credit >= 20)".to_owned(), vec!["Q", "R"]),
        ("members.sum(credit) > 50".to_owned(), vec!["Q"]),
        ("members.filter(|m| m.credit > 10).max(|m| m.credit) == 70".to_owned(), vec!["Q"]),
        ("size == 2 && credit < 50".to_owned(), vec!["P"]),
    ] {
        assert_eq!(found(&keeper, &filter), expected, "{filter}");
    }
    for filter in ["members == null", "members.name == \"x\"", "members.any(|m| m.nothing == 1)", "\"x\" in members"] {
        let answer = keeper.query("/api/records/project", &[("filter", filter)]).expect(400);
        assert!(!wrong(&answer).is_empty(), "{filter}");
    }
}

fn a_person_sees_no_more_behind_links_than_elsewhere(database: &Database) {
    let instance = world(database);
    let (keeper, seller, stranger) = (instance.client("keeper"), instance.client("seller"), instance.client("stranger"));
    let (own, foreign) = (customer(&seller, "A", "10"), customer(&keeper, "F", "90"));
    let project = made(&keeper, "project", &json!({"name": "P", "members": [own, foreign]}));
    // The id of a link belongs to the record, what stands behind it does not.
    let shown = seller.get(&format!("{}?expand=members", at("project", &project))).expect(200).json();
    assert_eq!(shown["members"][1], json!({"id": foreign}));
    assert_eq!(shown["members"][0]["name"], "Customer A");
    assert!(!shown.to_string().contains("Customer F"));
    assert_eq!(found(&seller, "members.any(|m| m.code == \"F\")"), Vec::<String>::new());
    assert_eq!(found(&seller, "members.any(|m| m.code == \"A\")"), ["P"]);
    assert_eq!(found(&seller, "members.sum(credit) == 10"), ["P"]);
    assert_eq!(found(&seller, &format!("members.any(|m| m == \"{foreign}\")")), ["P"]);
    // Who may not read the other entity at all knows none of its fields.
    let shown = stranger.get(&format!("{}?expand=members", at("project", &project))).expect(200).json();
    assert_eq!(shown["members"], json!([{"id": own}, {"id": foreign}]));
    let ask = |name: &str| stranger.query("/api/records/project", &[("filter", &format!("members.any(|m| m.{name} == \"F\")"))]);
    let (hidden, absent) = (ask("code").expect(400), ask("ecod").expect(400));
    let text = |answer: &Answer| String::from_utf8_lossy(&answer.bytes).into_owned();
    assert_eq!(
        text(&hidden).replace("code", "ecod").replace("\"ecod\":", "\"code\":"),
        text(&absent).replace("\"ecod\":", "\"code\":")
    );
    // Nobody else, and no other tenant.
    instance.visitor().get(&at("project", &project)).expect(401);
    instance.add_tenant("other", "Other");
    let other = instance.visitor().signed_in_to("other", "admin@test.kontor");
    other.get(&at("project", &project)).expect(404);
    let door = |name: &str| keeper.get(&format!("/api/records/{name}")).expect(404);
    assert_eq!(text(&door("club.project.members")), text(&door("club.project.nothing")), "the pairs have no door of their own");
}

fn a_hidden_links_field_is_like_none(database: &Database) {
    let instance = world(database);
    let (keeper, blind) = (instance.client("keeper"), instance.client("blind"));
    let a = customer(&keeper, "A", "10");
    let project = made(&keeper, "project", &json!({"name": "P", "members": [a], "backers": [a]}));
    let path = at("project", &project);
    keeper.patch(&path, &json!({"members": []})).expect(200);
    let text = |answer: &Answer| String::from_utf8_lossy(&answer.bytes).into_owned();
    for what in [path.clone(), format!("{path}/history"), "/api/records/project".to_owned(), "/api/definitions".to_owned()] {
        assert!(!text(&blind.get(&what).expect(200)).contains("members"), "{what}");
    }
    for (name, value) in [
        ("filter", "members.count > 0"),
        ("filter", "members.any(|m| m.id == \"x\")"),
        ("sort", "members"),
        ("fields", "name,members"),
        ("expand", "members"),
    ] {
        let ask = |value: &str| blind.query("/api/records/project", &[(name, value)]).expect(400);
        assert_eq!(
            text(&ask(value)).replace("members", "srebmem"),
            text(&ask(&value.replace("members", "srebmem"))),
            "{name}={value}"
        );
    }
    for body in [json!({"members": [a]}), json!({"members": {"add": [a]}}), json!({"members": null})] {
        let send = |body: &Json| text(&blind.patch(&path, body).expect(400));
        let absent: Json = serde_json::from_str(&body.to_string().replace("members", "srebmem")).unwrap();
        assert_eq!(send(&body).replace("members", "srebmem"), send(&absent), "{body}");
    }
}

fn links_are_shown_where_some_role_shows_them(database: &Database) {
    let instance = world(database);
    let person = NewUser {
        email: "both@test.kontor".to_owned(),
        name: "both".to_owned(),
        password_hash: password::hash(PASSWORD).unwrap(),
        roles: vec!["club.mine".to_owned(), "club.open".to_owned()],
        locale: "en".to_owned(),
    };
    instance.engine().apps().add_user(instance.tenant(), &person, instance.engine().own_act()).unwrap();
    let (keeper, both) = (instance.client("keeper"), instance.client("both"));
    let a = customer(&keeper, "A", "10");
    let mine = made(&both, "project", &json!({"name": "Mine", "members": [a]}));
    let theirs = made(&keeper, "project", &json!({"name": "Theirs", "members": [a]}));
    assert_eq!(both.get(&at("project", &mine)).expect(200).json()["members"], json!([a]));
    assert_eq!(both.get(&at("project", &theirs)).expect(200).json()["members"], Json::Null, "no list, not an empty one");
    let list = both.query("/api/records/project", &[("fields", "name,members"), ("sort", "name"), ("expand", "members")]);
    let list = list.expect(200).json();
    assert_eq!(list["items"][0]["members"]["items"][0]["name"], "Customer A");
    assert_eq!((&list["items"][1]["name"], &list["items"][1]["members"]), (&json!("Theirs"), &Json::Null));
    for filter in ["members.count > 0", "members.any(|m| m.code == \"A\")", "members.sum(credit) == 10"] {
        assert_eq!(found(&both, filter), ["Mine"], "{filter}");
    }
    let history = both.get(&format!("{}/history", at("project", &theirs))).expect(200);
    assert!(!String::from_utf8_lossy(&history.bytes).contains("members"));
}

fn a_purge_takes_links_away_or_is_refused(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let (a, b) = (customer(&keeper, "A", "10"), customer(&keeper, "B", "20"));
    let project = made(&keeper, "project", &json!({"name": "P", "members": [a, b], "backers": [b]}));
    let path = at("project", &project);
    for id in [&a, &b] {
        keeper.delete(&at("customer", id)).expect(204);
    }
    assert_eq!(keeper.get(&path).expect(200).json()["members"], json!([a, b]), "archived records stay linked");
    keeper.delete(&format!("{}?purge=true", at("customer", &a))).expect(204);
    let left = keeper.get(&path).expect(200).json();
    assert_eq!((&left["members"], &left["size"], &left["revision"]), (&json!([b]), &json!(1), &json!(2)));
    let history = keeper.get(&format!("{path}/history")).expect(200).json();
    assert!(
        history["items"][0]["changes"].as_array().unwrap().contains(&json!({"field": "members", "added": [], "removed": [a]}))
    );
    let refused = keeper.delete(&format!("{}?purge=true", at("customer", &b))).expect(409);
    assert_eq!(wrong(&refused)[0].1, "referenced");
    assert!(refused.json()["errors"][0]["message"].as_str().unwrap().contains("Project"), "{:?}", refused.json());
    // With the record its links go.
    keeper.delete(&path).expect(204);
    keeper.delete(&format!("{path}?purge=true")).expect(204);
    keeper.delete(&format!("{}?purge=true", at("customer", &b))).expect(204);
    instance.assert_whole("after purges");
}

/// Changes the entity of projects in the draft.
fn change(admin: &Client, change: impl FnOnce(&mut Vec<Json>)) {
    let mut document = admin.get("/api/draft/club/entity/project").expect(200).json();
    change(document["fields"].as_array_mut().unwrap());
    admin.put("/api/draft/club/entity/project", &document).expect(200);
}

fn field<'a>(fields: &'a mut [Json], name: &str) -> &'a mut Json {
    fields.iter_mut().find(|field| field["name"] == name).unwrap()
}

fn links_that_become_required_are_asked_for(database: &Database) {
    let instance = world(database);
    let (admin, keeper) = (instance.client("admin"), instance.client("keeper"));
    let a = customer(&keeper, "A", "10");
    let empty = made(&keeper, "project", &json!({"name": "P"}));
    made(&keeper, "project", &json!({"name": "Q", "members": [a]}));
    change(&admin, |fields| field(fields, "members")["required"] = json!(true));
    let plan = admin.get("/api/draft/plan").expect(200).json();
    let told = plan["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "required_without_value").cloned();
    assert!(told.unwrap()["message"].as_str().unwrap().contains("1 record"), "{plan}");
    admin.post("/api/draft/publish", &json!({})).expect(200);
    let report = instance.verified();
    assert!(report.breaches.iter().any(|breach| breach.field.as_deref() == Some("members")), "{:?}", report.breaches);
    assert!(report.is_clean(), "an empty field that became required is a notice");
    let path = at("project", &empty);
    let refused = keeper.patch(&path, &json!({"name": "P2"})).expect(422);
    assert_eq!(wrong(&refused), wrongs(&[("/members", "required")]));
    keeper.patch(&path, &json!({"name": "P2", "members": [a]})).expect(200);
    let refused = keeper.patch(&path, &json!({"members": []})).expect(422);
    assert_eq!(wrong(&refused), wrongs(&[("/members", "required")]));
    assert_eq!(
        wrong(&keeper.post("/api/records/project", &json!({"name": "R"})).expect(422)),
        wrongs(&[("/members", "required")])
    );
    instance.assert_whole("after links became required");
}

fn a_removed_field_keeps_its_links(database: &Database) {
    let instance = world(database);
    let (admin, keeper) = (instance.client("admin"), instance.client("keeper"));
    let a = customer(&keeper, "A", "10");
    let project = made(&keeper, "project", &json!({"name": "P", "members": [a], "backers": [a]}));
    let path = at("project", &project);
    let with = admin.get("/api/draft").expect(200).json()["revision"].as_u64().unwrap();
    // A new name is a new name.
    change(&admin, |fields| {
        field(fields, "backers")["name"] = json!("patrons");
        field(fields, "backing")["of"] = json!("patrons");
    });
    let role = "/api/draft/club/role/seller";
    let mut seller = admin.get(role).expect(200).json();
    let fields = seller["entities"]["project"]["fields"].as_object_mut().unwrap();
    let right = fields.remove("backers").unwrap();
    fields.insert("patrons".to_owned(), right);
    admin.put(role, &seller).expect(200);
    admin.post("/api/draft/publish", &json!({})).expect(200);
    let shown = keeper.get(&path).expect(200).json();
    assert_eq!((&shown["patrons"], &shown["backing"]), (&json!([a]), &json!(1)));
    let history = keeper.get(&format!("{path}/history")).expect(200).json();
    let changes = history["items"][0]["changes"].as_array().unwrap();
    assert!(changes.contains(&json!({"field": "patrons", "added": [a], "removed": []})), "{history}");
    // What is removed can come back, or be purged for good.
    change(&admin, |fields| fields.retain(|field| field["name"] != "related"));
    admin.post("/api/draft/publish", &json!({})).expect(200);
    assert!(keeper.get(&path).expect(200).json().get("related").is_none());
    let unused = admin.get("/api/unused").expect(200).json();
    assert_eq!(
        (&unused["items"][0]["entity"], &unused["items"][0]["values"]),
        (&json!("club.project_related"), &json!(0)),
        "{unused}"
    );
    instance.assert_whole("after a removed field");
    admin.post(&format!("/api/revisions/{with}/restore"), &json!({})).expect(200);
    let shown = keeper.get(&path).expect(200).json();
    assert_eq!((&shown["backers"], &shown["related"]), (&json!([a]), &json!([])));
    keeper.patch(&path, &json!({"related": [project]})).expect(200);
    change(&admin, |fields| fields.retain(|field| field["name"] != "related"));
    admin.post("/api/draft/publish", &json!({})).expect(200);
    let unused = admin.get("/api/unused").expect(200).json();
    let key = unused["items"][0]["key"].as_str().unwrap().to_owned();
    admin.post("/api/unused/purge", &json!({"items": [key], "accept_loss": false})).expect(422);
    admin.post("/api/unused/purge", &json!({"items": [key], "accept_loss": true})).expect(200);
    instance.assert_whole("after the purge of a removed field");
    // Who is purged meanwhile is not linked when the field comes back.
    let b = customer(&keeper, "B", "10");
    keeper.patch(&path, &json!({"sponsors": [a, b]})).expect(200);
    let with = admin.get("/api/draft").expect(200).json()["revision"].as_u64().unwrap();
    change(&admin, |fields| fields.retain(|field| field["name"] != "sponsors"));
    admin.post("/api/draft/publish", &json!({})).expect(200);
    keeper.delete(&at("customer", &b)).expect(204);
    keeper.delete(&format!("{}?purge=true", at("customer", &b))).expect(204);
    admin.post(&format!("/api/revisions/{with}/restore"), &json!({})).expect(200);
    assert_eq!(keeper.get(&path).expect(200).json()["sponsors"], json!([a]));
    instance.assert_whole("after a purge while a field was removed");
    // Another target is another field: what was linked would mean nothing.
    change(&admin, |fields| field(fields, "sponsors")["entity"] = json!("project"));
    let plan = admin.get("/api/draft/plan");
    assert!(String::from_utf8_lossy(&plan.bytes).contains("type_change"), "{}", String::from_utf8_lossy(&plan.bytes));
    admin.post("/api/draft/publish", &json!({})).expect(422);
}

fn damaged_links_are_found(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let (a, b) = (customer(&keeper, "A", "10"), customer(&keeper, "B", "10"));
    made(&keeper, "project", &json!({"name": "P", "backers": [a, b]}));
    instance.assert_whole("before any damage");
    let snapshot = instance.tenant().snapshot();
    let entity = snapshot.catalog.entity_named("club.project.backers").unwrap();
    let table = &snapshot.physical.tables[&entity.id];
    let column = &table.columns[&entity.link().unwrap().id].name;
    let mut raw = Raw::open(database, instance.tenant());
    let mut damaged = |statements: &[String], invariant: Invariant, text: &str| {
        statements.iter().for_each(|statement| raw.run(statement));
        let report = instance.verified();
        let named = |breach: &&kontor_records::verify::Breach| {
            breach.invariant == invariant && breach.message.get("en").is_some_and(|message| message.contains(text))
        };
        assert!(report.breaches.iter().find(named).is_some(), "{text}: {:?}", report.breaches);
    };
    let gone = raw_literal(database, &instance, "01890000-0000-7000-8000-000000000000");
    let (left, right) = (raw_literal(database, &instance, &a), raw_literal(database, &instance, &b));
    let set =
        |from: &str, to: &str| format!("UPDATE {{t}}\"{}\" SET \"{column}\" = {to} WHERE \"{column}\" = {from}", table.name);
    damaged(&[set(&right, &gone)], Invariant::References, "lead to no record");
    let unique = table.indexes.iter().find(|(_, index)| index.unique).unwrap().0;
    let drop = format!("DROP INDEX {{t}}\"{unique}\"");
    let again = format!("CREATE INDEX \"{unique}\" ON {{t}}\"{}\" (\"parent\", \"{column}\")", table.name);
    damaged(&[drop, again, set(&gone, &left)], Invariant::References, "linked twice");
    damaged(&[format!("DELETE FROM {{t}}\"{}\"", table.name)], Invariant::Derived, "not what its inputs give");
}

fn raw_literal(database: &Database, instance: &Instance, id: &str) -> String {
    Raw::open(database, instance.tenant()).literal(id)
}

fn one_cell_holds_several_links(database: &Database) {
    let instance = world(database);
    let (keeper, seller) = (instance.client("keeper"), instance.client("seller"));
    let (own, foreign) = (customer(&seller, "A", "1"), customer(&keeper, "F", "1"));
    let second = customer(&seller, "B", "1");
    let user = seller.get("/api/session").expect(200).json()["user"]["id"].as_str().unwrap().parse().unwrap();
    let import = |csv: &str, column: &str| {
        let table = Table::from_csv(csv.as_bytes(), Encoding::Utf8).unwrap();
        let columns = [("name", "name"), (column, "who")];
        let columns = columns.map(|(field, column)| (field.to_owned(), ColumnMap::Name(column.to_owned())));
        let map = ImportMap {
            key: vec!["name".to_owned()],
            existing: Existing::Update,
            columns: columns.into(),
            ..ImportMap::default()
        };
        let (now, today) = instance.engine().moment();
        let caller = Caller { who: Who::User(RecordId(user)), now, today, seed: 7, locale: "en".to_owned() };
        let import = Import { entity: "project".to_owned(), table, map, dry_run: false, accept_duplicates: false };
        import::run(instance.tenant(), &caller, import, &mut |_, _| {}).unwrap()
    };
    let members = |name: &str| {
        let found = keeper.query("/api/records/project", &[("filter", &format!("name == \"{name}\"")), ("fields", "members")]);
        found.expect(200).json()["items"][0]["members"]["items"].clone()
    };
    let report = import("name,who\nP,A; B\nQ,\nR,A;F\n", "members.code");
    let codes: Vec<&str> = report.verdicts.iter().flat_map(|verdict| &verdict.errors).map(|error| error.code.as_str()).collect();
    assert_eq!(codes, ["reference_not_found"], "whom one may not see, one does not find");
    assert_eq!((members("P"), members("Q")), (json!([own, second]), json!([])));
    import(&format!("name,who\nP,{second}\nQ,{own};{second}\n"), "members");
    assert_eq!((members("P"), members("Q")), (json!([second]), json!([own, second])));
    let refused = import(&format!("name,who\nS,{foreign}\n"), "members");
    assert_eq!(refused.verdicts[0].errors[0].code, "unknown_reference");
    instance.assert_whole("after an import");
}
