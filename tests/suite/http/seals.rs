//! The proof that a revision is sealed, over HTTP: for administrators who read the record, and nobody else.
use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(administrators_get_the_proof_of_a_revision, nobody_else_gets_a_proof, a_running_server_seals_what_was_written);

/// The address of the proof for the first revision of a person.
fn first_person(admin: &Client) -> String {
    let people = admin.get("/api/records/user?limit=1").expect(200).json();
    format!("/api/records/user/{}/history", people["items"][0]["id"].as_str().unwrap())
}

fn administrators_get_the_proof_of_a_revision(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let history = first_person(&admin);
    let waiting = admin.get(&format!("{history}/1/proof")).expect(200).json();
    assert_eq!((waiting["revision"].as_i64(), waiting["seal"].is_null()), (Some(1), true), "{waiting}");
    let head = kontor_records::seal_blocking(instance.tenant().db(), instance.engine().now()).unwrap();
    let proof = admin.get(&format!("{history}/1/proof")).expect(200).json();
    assert_eq!(proof["hash"], waiting["hash"]);
    assert_eq!(proof["seal"]["number"], 1);
    assert_eq!(proof["seal"]["hash"].as_str(), Some(head.hash.as_str()));
    let path = proof["path"].as_array().unwrap();
    assert!(path.iter().all(|step| step["hash"].as_str().is_some_and(|hash| hash.len() == 64)), "{proof}");
    // Seven people with their roles, a company, three rates: eighteen leaves lie five levels below the root, fewer where a level is odd.
    assert!((1..=5).contains(&path.len()), "{proof}");
    for none in ["2/proof", "0/proof", "-1/proof", "x/proof"] {
        admin.get(&format!("{history}/{none}")).expect(404);
    }
    admin.get(&format!("{history}/1/proof?x=1")).expect(400);
    instance.assert_whole("after sealing");
}

fn nobody_else_gets_a_proof(database: &Database) {
    let instance = Instance::with_trade(database);
    instance.add_tenant("other", "Other");
    let proof = format!("{}/1/proof", first_person(&instance.visitor().signed_in_to("test", "admin@test.kontor")));
    instance.visitor().get(&proof).expect(401);
    for name in ["sales", "gm"] {
        let (refused, unknown) = (instance.client(name).get(&proof), instance.client(name).get("/api/nowhere"));
        assert_eq!((refused.status.as_u16(), refused.bytes), (404, unknown.bytes), "{name}");
    }
    instance.visitor().signed_in_to("other", "admin@test.kontor").get(&proof).expect(404);
}

fn a_running_server_seals_what_was_written(database: &Database) {
    let instance = Instance::with_trade(database);
    let run = || {
        let moment = instance.engine().now();
        instance.runtime().block_on(kontor_server::jobs::run_once(instance.engine(), "seal", moment)).unwrap();
        instance.tenant().db().read_blocking(kontor_storage::system::seal::head).unwrap().number
    };
    assert_eq!(run(), 1);
    assert_eq!(run(), 1, "nothing was written");
    instance.client("admin").post("/api/records/product", &serde_json::json!({"code": "P1", "name": "P1"})).expect(201);
    assert_eq!(run(), 2);
}
