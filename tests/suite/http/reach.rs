//! Records and people that move between owners and departments: who is told, and that nobody hears of what they never reached.
use std::time::Duration;

use kontor_definitions::RecordId;
use kontor_records::{Caller, Input, RecordsError, Session, Shown, Who};
use kontor_storage::Queue;
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::Client,
    database::Database,
    events::Events,
    instance::{Instance, folder},
};

both_databases!(
    who_reached_a_record_is_told_that_it_left,
    a_purge_is_told_to_those_who_reached_the_record,
    the_tree_of_departments_is_followed,
    nothing_is_told_of_before_ones_rights,
);

const A_WHILE: Duration = Duration::from_millis(600);

/// Departments `north` with `far` below it, and `south`; one person in each, by role.
struct Desk {
    instance: Instance,
    north: String,
    far: String,
    south: String,
}

fn desk(database: &Database) -> Desk {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/desk"));
    let admin = instance.client("admin");
    let department = |name: &str, parent: Option<&str>| {
        let body = json!({"name": name, "parent": parent});
        id(&admin.post("/api/records/department", &body).expect(201).json())
    };
    let north = department("North", None);
    let (far, south) = (department("Far", Some(&north)), department("South", None));
    let people = [
        ("agent", "agent", &north),
        ("other", "agent", &south),
        ("team", "team", &north),
        ("distant", "team", &far),
        ("stranger", "team", &south),
        ("head", "head", &north),
        ("watch", "watch", &north),
        ("chief", "chief", &south),
    ];
    for (name, role, department) in people {
        instance.add_person(name, &format!("desk.{role}"));
        move_person(&admin, name, department);
    }
    Desk { instance, north, far, south }
}

fn id(record: &Json) -> String {
    record["id"].as_str().unwrap().to_owned()
}

fn person(admin: &Client, name: &str) -> String {
    let filter = format!("email == \"{name}@test.kontor\"");
    let found = admin.query("/api/records/base.user", &[("filter", &filter)]).expect(200).json();
    id(&found["items"][0])
}

fn move_person(admin: &Client, name: &str, department: &str) {
    let path = format!("/api/records/base.user/{}", person(admin, name));
    admin.patch(&path, &json!({"department": department})).expect(200);
}

fn gone(kind: &str, id: &str) -> Json {
    json!({"kind": kind, "entity": "desk.ticket", "id": id, "revision": null})
}

fn updated(id: &str, revision: u64) -> Json {
    json!({"kind": "updated", "entity": "desk.ticket", "id": id, "revision": revision})
}

impl Desk {
    /// Owner and department are the engine's to write.
    fn by_engine(&self, work: impl Fn(&mut Session<'_>) -> Result<Shown, RecordsError> + Send + Sync + 'static) -> String {
        let (now, today) = self.instance.engine().moment();
        let seed = u64::from_be_bytes(*uuid::Uuid::new_v4().as_bytes().first_chunk().unwrap());
        let who = Who::Engine(RecordId(uuid::Uuid::nil()));
        let caller = Caller { who, now, today, seed, locale: "en".to_owned() };
        let written = kontor_records::write_blocking(self.instance.tenant(), Queue::Interactive, caller, work);
        written.unwrap_or_else(|error| panic!("{error:?}")).id
    }

    fn ticket(&self, body: &Json) -> String {
        let input = Input::parse(body.to_string().as_bytes()).unwrap();
        self.by_engine(move |session| session.create("ticket", &input))
    }

    fn hand_over(&self, ticket: &str, body: &Json) {
        let (ticket, input) = (ticket.to_owned(), Input::parse(body.to_string().as_bytes()).unwrap());
        self.by_engine(move |session| session.update("ticket", &ticket, &input, None));
    }
}

fn at(ticket: &str) -> String {
    format!("/api/records/ticket/{ticket}")
}

/// The first thing each of them hears.
fn hears(streams: &mut [(&str, Events)], expected: &[(&str, Option<Json>)]) {
    for (name, stream) in streams {
        let (_, expected) = expected.iter().find(|(known, _)| known == name).unwrap();
        match expected {
            Some(event) => assert_eq!(&stream.expect(), event, "{name}"),
            None => assert_eq!(stream.next(A_WHILE), None, "{name}"),
        }
    }
}

fn who_reached_a_record_is_told_that_it_left(database: &Database) {
    let desk = desk(database);
    let agent = person(&desk.instance.client("admin"), "agent");
    let body = json!({"title": "T", "owner": agent, "department": desk.north, "open": true});
    let first = desk.ticket(&body);
    let names = ["agent", "other", "team", "distant", "stranger", "head", "watch", "chief"];
    let mut streams = names.map(|name| (name, desk.instance.client(name).follow(None)));
    // To another department: its owner keeps it, the others of the department do not, except who looks over both.
    desk.hand_over(&first, &json!({"department": desk.far}));
    let told = Some(updated(&first, 2));
    let left = Some(gone("gone", &first));
    let expected = [
        ("agent", told.clone()),
        ("other", None),
        ("team", left.clone()),
        ("distant", told.clone()),
        ("stranger", None),
        ("head", told.clone()),
        // Whether the condition of the role held before nobody knows.
        ("watch", None),
        ("chief", told),
    ];
    hears(&mut streams, &expected);
    // To another owner in another part of the house.
    let other = person(&desk.instance.client("admin"), "other");
    desk.hand_over(&first, &json!({"owner": other, "department": desk.south}));
    let told = Some(updated(&first, 3));
    let expected = [
        ("agent", left.clone()),
        ("other", told.clone()),
        ("team", None),
        ("distant", left.clone()),
        ("stranger", told.clone()),
        ("head", left),
        ("watch", None),
        ("chief", told),
    ];
    hears(&mut streams, &expected);
}

fn a_purge_is_told_to_those_who_reached_the_record(database: &Database) {
    let desk = desk(database);
    let chief = desk.instance.client("chief");
    let record = desk.ticket(&json!({"title": "T", "department": desk.far}));
    chief.delete(&at(&record)).expect(204);
    let mut streams =
        ["head", "distant", "team", "stranger", "chief"].map(|name| (name, desk.instance.client(name).follow(None)));
    chief.delete(&format!("{}?purge=true", at(&record))).expect(204);
    let told = Some(gone("purged", &record));
    let expected = [("head", told.clone()), ("distant", told.clone()), ("team", None), ("stranger", None), ("chief", told)];
    hears(&mut streams, &expected);
}

fn the_tree_of_departments_is_followed(database: &Database) {
    let desk = desk(database);
    let (admin, head) = (desk.instance.client("admin"), desk.instance.client("head"));
    let [near, deep, elsewhere] =
        [&desk.north, &desk.far, &desk.south].map(|department| desk.ticket(&json!({"title": "T", "department": department})));
    let reached = |client: &Client| [&near, &deep, &elsewhere].map(|one| client.get(&at(one)).status.as_u16());
    assert_eq!(reached(&head), [200, 200, 404], "all below, nothing beside");
    assert_eq!(reached(&desk.instance.client("team")), [200, 404, 404], "only the own one");
    let (mut of_head, mut of_team) = (head.follow(None), desk.instance.client("team").follow(None));
    // The south goes below the far north: everything of it is reached at once.
    let path = format!("/api/records/department/{}", desk.south);
    admin.patch(&path, &json!({"parent": desk.far})).expect(200);
    assert_eq!(of_head.expect()["kind"], "rights");
    assert_eq!(reached(&head), [200, 200, 200]);
    assert_eq!(of_team.next(A_WHILE), None, "nothing changed for them");
    // Archiving the department between takes nothing away from those above.
    admin.delete(&format!("/api/records/department/{}", desk.far)).expect(204);
    assert_eq!(reached(&head), [200, 200, 200]);
    // A circle is no end of the world.
    admin.post(&format!("/api/records/department/{}/unarchive", desk.far), &json!({})).expect(200);
    admin.patch(&format!("/api/records/department/{}", desk.north), &json!({"parent": desk.south})).expect(200);
    assert_eq!(reached(&head), [200, 200, 200]);
}

fn nothing_is_told_of_before_ones_rights(database: &Database) {
    let desk = desk(database);
    let (admin, stranger) = (desk.instance.client("admin"), desk.instance.client("stranger"));
    let record = desk.ticket(&json!({"title": "T", "department": desk.north}));
    let mut stream = stranger.follow(None);
    let own = desk.ticket(&json!({"title": "U", "department": desk.south}));
    assert_eq!(stream.expect()["id"], json!(own));
    let id = stream.last_id.clone();
    drop(stream);
    // It leaves the north before the stranger comes there: with the rights of then it was never theirs.
    desk.hand_over(&record, &json!({"department": desk.far}));
    move_person(&admin, "stranger", &desk.north);
    let mut again = stranger.follow(Some(&id));
    assert_eq!(again.expect(), json!({"kind": "resync"}));
    assert_eq!(again.next(A_WHILE), None);
    let mut of_stranger = stranger.follow(None);
    desk.hand_over(&record, &json!({"department": desk.north}));
    assert_eq!(of_stranger.expect(), updated(&record, 3));
}
