//! Limits of computed values: a roll-up, and a formula over one, hold back the writes that would bring them too far.
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, folder},
};

both_databases!(a_total_of_another_record_has_a_limit, writers_at_once_are_let_through_up_to_the_limit);

/// Writers that begin at once.
const WRITERS: usize = 50;
/// Bookings that a course takes: the `maximum` of its count.
const MOST: usize = 20;

fn prepared(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/course"));
    instance.add_person("office", "course.office");
    instance.add_person("desk", "course.desk");
    instance
}

fn course(office: &Client, name: &str, seats: usize) -> String {
    id(&office.post("/api/records/course", &json!({"name": name, "seats": seats})).expect(201))
}

fn book(who: &Client, course: &str) -> Answer {
    who.post("/api/records/booking", &json!({"who": "A", "course": course}))
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// Code and text of the one finding of a refused write.
fn refused(answer: Answer) -> (String, String) {
    let body = answer.expect(422).json();
    let errors = body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{body}");
    let told = |key: &str| errors[0][key].as_str().unwrap().to_owned();
    (told("code"), told("message"))
}

fn a_total_of_another_record_has_a_limit(database: &Database) {
    let instance = prepared(database);
    let (office, desk) = (instance.client("office"), instance.client("desk"));
    let small = course(&office, "Excel", 2);
    let first = id(&book(&office, &small).expect(201));
    book(&office, &small).expect(201);
    let (code, text) = refused(book(&office, &small));
    assert_eq!((code.as_str(), text.as_str()), ("too_small", "Course Excel: Free seats must not be less than 0"));
    let (_, text) = refused(book(&office.clone().reading("zh-CN"), &small));
    assert_eq!(text, "课程 Excel: 空位不能小于 0");
    // Who may not read the total is told that there is one, and no more.
    let (code, text) = refused(book(&desk, &small));
    assert_eq!((code.as_str(), text.as_str()), ("too_small", "this would bring a total of another record beyond its limit"));

    // Moving a booking, bringing one back and the record's own numbers are held to it too.
    let other = course(&office, "Word", 1);
    let moved = id(&book(&office, &other).expect(201));
    let (code, _) = refused(office.patch(&format!("/api/records/booking/{moved}"), &json!({"course": small})));
    assert_eq!(code, "too_small");
    office.delete(&format!("/api/records/booking/{first}")).expect(204);
    office.patch(&format!("/api/records/booking/{moved}"), &json!({"course": small})).expect(200);
    let (code, _) = refused(office.post(&format!("/api/records/booking/{first}/unarchive"), &json!({})));
    assert_eq!(code, "too_small");
    let fewer = office.patch(&format!("/api/records/course/{small}"), &json!({"seats": 1})).expect(422).json();
    assert_eq!(fewer["errors"][0]["pointer"], "/free");
    let seen = office.get(&format!("/api/records/course/{small}")).expect(200).json();
    assert_eq!([&seen["seats"], &seen["taken"], &seen["free"]], [&json!(2), &json!(2), &json!(0)]);

    // A batch is all or nothing.
    let items: Vec<Json> = (0..=MOST).map(|_| json!({"who": "B", "course": other})).collect();
    office.patch(&format!("/api/records/course/{other}"), &json!({"seats": 100})).expect(200);
    let batch = office.post("/api/records/booking/batch", &json!({"create": items})).expect(422).json();
    assert_eq!(batch["errors"][0]["code"], "too_large", "{batch}");
    assert_eq!(office.get(&format!("/api/records/course/{other}")).expect(200).json()["taken"], 0);

    // A limit that comes later: whoever leads back towards it is let through.
    for _ in 0..5 {
        book(&office, &other).expect(201);
    }
    let admin = instance.client("admin");
    let mut document = admin.get("/api/draft/course/entity/course").expect(200).json();
    document["fields"][2]["maximum"] = json!("3");
    admin.put("/api/draft/course/entity/course", &document).expect(200);
    admin.post("/api/draft/publish", &json!({"message": "smaller"})).expect(200);
    let (code, text) = refused(book(&office, &other));
    assert_eq!((code.as_str(), text.as_str()), ("too_large", "Course Word: Taken must not be more than 3"));
    let list = office.query("/api/records/booking", &[("filter", &format!("course == \"{other}\""))]).expect(200).json();
    let one = list["items"][0]["id"].as_str().unwrap().to_owned();
    office.delete(&format!("/api/records/booking/{one}")).expect(204);
    instance.assert_whole("after limits");
}

fn writers_at_once_are_let_through_up_to_the_limit(database: &Database) {
    let instance = prepared(database);
    let office = instance.client("office");
    let course = course(&office, "Rush", 100);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let answer = book(&office, &course);
                        if answer.json()["code"] != "busy" {
                            return answer.status.as_u16();
                        }
                    }
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(201), count(422)), (MOST, WRITERS - MOST));
    let seen = office.get(&format!("/api/records/course/{course}")).expect(200).json();
    assert_eq!((&seen["taken"], &seen["free"]), (&json!(MOST), &json!(100 - MOST)));
    instance.assert_whole("after a rush on a limit");
}
