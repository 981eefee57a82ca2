//! Commands on a full disk: one line that says so, and nothing that has to be cleared away by hand.
use std::{fmt::Write as _, fs};

use crate::harness::{
    database::Database,
    faults::Faults,
    instance::{Instance, folder},
    node::SERVE,
    program::{self, Ended},
};

struct Prepared {
    database: Database,
    faults: Faults,
}

impl Prepared {
    fn new() -> Self {
        let database = Database::sqlite();
        let instance = Instance::new(&database);
        instance.install(&folder("tests/cases/records/shop"));
        Self { database, faults: Faults::new() }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        program::run(&mut self.faults.loaded(program::kontor(&self.database, arguments)))
    }

    fn fill(&self, room: u64) {
        self.faults.fill(&self.database.config().data, room);
    }
}

#[test]
fn commands_say_in_one_line_that_the_disk_is_full() {
    let prepared = Prepared::new();
    let shop = crate::harness::repository::path("tests/cases/records/register");
    let shop = shop.to_str().unwrap();
    let commands: [&[&str]; 6] = [
        &SERVE,
        &["work", "--once"],
        &["seal", "--tenant", "test"],
        &["verify"],
        &["app", "install", shop, "--tenant", "test"],
        &["app", "purge", "--tenant", "test"],
    ];
    prepared.fill(0);
    for command in commands {
        let line = prepared.run(command).refused(3);
        assert!(line.contains("the disk is full") && line.contains("make room"), "{command:?}: {line}");
    }
    prepared.faults.end();
    // The first bytes fit, so that the store opens; what comes then does not.
    for room in [1, 40, 5_000, 33_000, 90_000] {
        prepared.fill(room);
        let ended = prepared.run(&["app", "install", shop, "--tenant", "test"]);
        prepared.faults.end();
        let line = ended.refused(3);
        assert!(line.contains("the disk is full"), "{room}: {line}");
        prepared.run(&["verify"]).expect(0);
    }
    prepared.run(&["app", "install", shop, "--tenant", "test"]).expect(0);
    prepared.run(&["verify"]).expect(0);
}

#[test]
fn an_import_that_met_a_full_disk_goes_on_where_it_ended() {
    let prepared = Prepared::new();
    let rows = 1_200;
    let file = prepared.database.folder().join("customers.csv");
    let mut text = String::from("code,name\n");
    for row in 0..rows {
        writeln!(text, "K{row},Customer {row}").unwrap();
    }
    fs::write(&file, text).unwrap();
    let import = ["import", "shop.customer", file.to_str().unwrap(), "--tenant", "test", "--key", "code", "--existing", "skip"];
    for room in [400_000, 1_000_000] {
        prepared.fill(room);
        let line = prepared.run(&import).refused(3);
        assert!(line.contains("interrupted") && line.contains("the disk is full") && line.contains("--existing skip"), "{line}");
        prepared.faults.end();
        prepared.run(&["verify"]).expect(0);
    }
    let ended = prepared.run(&import).expect(0);
    assert!(ended.printed.starts_with("1200 rows;"), "{}", ended.printed);
    let again = prepared.run(&import).expect(0);
    assert!(again.printed.contains("1200 skipped"), "{}", again.printed);
    prepared.run(&["verify"]).expect(0);
}
