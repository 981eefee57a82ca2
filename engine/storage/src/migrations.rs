//! The system tables of a database, brought to this engine's version step by step; each step runs once.
//!
//! The steps are the files of `/migrations`, written once for both databases: `{t}` stands before table names, type
//! names are whole words in capitals (`UUID`, `TEXT`, `BIGINT`, `INSTANT`, `JSON`, `BOOLEAN`, and `COUNTER` for a key that
//! the database counts up), one statement ends with `;` at the end of a line. On SQLite every table is STRICT. A statement that
//! begins with `@sqlite` or `@postgres` is for that database alone.
use kontor_definitions::ColumnType;

use crate::{bind::Bind, error::StorageError, store::Dialect, system::cells::Cells, tx::Tx};

/// One step: its number and name, and its text.
struct Step {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const CONTROL: &[Step] = &[
    Step { number: 1, name: "accounts", sql: include_str!("../../../migrations/control/0001_accounts.sql") },
    Step { number: 2, name: "jobs", sql: include_str!("../../../migrations/control/0002_jobs.sql") },
    Step { number: 15, name: "key_file", sql: include_str!("../../../migrations/control/0015_key_file.sql") },
];

const TENANT: &[Step] = &[
    Step { number: 1, name: "physical", sql: include_str!("../../../migrations/tenant/0001_physical.sql") },
    Step { number: 2, name: "system", sql: include_str!("../../../migrations/tenant/0002_system.sql") },
    Step { number: 6, name: "search", sql: include_str!("../../../migrations/tenant/0006_search.sql") },
    Step { number: 7, name: "files", sql: include_str!("../../../migrations/tenant/0007_files.sql") },
    Step { number: 8, name: "former_columns", sql: include_str!("../../../migrations/tenant/0008_former_columns.sql") },
    Step { number: 9, name: "events", sql: include_str!("../../../migrations/tenant/0009_events.sql") },
    Step { number: 10, name: "tombstone", sql: include_str!("../../../migrations/tenant/0010_tombstone.sql") },
    Step { number: 11, name: "publishing", sql: include_str!("../../../migrations/tenant/0011_publishing.sql") },
    Step { number: 14, name: "seal", sql: include_str!("../../../migrations/tenant/0014_seal.sql") },
    Step { number: 15, name: "data_key", sql: include_str!("../../../migrations/tenant/0015_data_key.sql") },
    Step { number: 17, name: "aspects", sql: include_str!("../../../migrations/tenant/0017_aspects.sql") },
    Step { number: 19, name: "left_reach", sql: include_str!("../../../migrations/tenant/0019_left_reach.sql") },
];

/// Brings the control database to this engine's version; does nothing when it is there already.
pub(crate) fn migrate_control(tx: &mut Tx) -> Result<(), StorageError> {
    migrate(tx, CONTROL)
}

/// Brings a tenant's system tables to this engine's version; does nothing when they are there already.
pub(crate) fn migrate_tenant(tx: &mut Tx) -> Result<(), StorageError> {
    migrate(tx, TENANT)
}

const MAKE_STEPS: &str = "CREATE TABLE IF NOT EXISTS {t}migration (
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT migration_key PRIMARY KEY (number)
)";
const DONE: &str = "SELECT number FROM {t}migration ORDER BY number";
const RECORD: &str = "INSERT INTO {t}migration (number, name) VALUES (?1, ?2)";

fn migrate(tx: &mut Tx, steps: &[Step]) -> Result<(), StorageError> {
    let make = translate(tx.dialect(), MAKE_STEPS);
    tx.execute(&make, &[])?;
    let mut done = Vec::new();
    for row in tx.query(DONE, &[], &[ColumnType::Integer])? {
        done.push(Cells::of(row).integer()?);
    }
    let newest = steps.iter().map(|step| step.number).max().unwrap_or_default();
    if done.last().is_some_and(|number| *number > newest) {
        return Err(StorageError::Unavailable(
            "the database was written by a newer version of kontor; start that version".to_owned(),
        ));
    }
    for step in steps.iter().filter(|step| !done.contains(&step.number)) {
        for statement in statements(step.sql) {
            let Some(statement) = meant_for(tx.dialect(), &statement) else { continue };
            let statement = translate(tx.dialect(), statement);
            tx.execute(&statement, &[])?;
        }
        tx.execute(RECORD, &[Bind::integer(step.number), Bind::text(step.name)])?;
    }
    Ok(())
}

/// The statements of a file, without comments and without the closing `;`.
fn statements(sql: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut current = String::new();
    for line in sql.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.trim_start().starts_with("--")) {
        if let Some(last) = line.strip_suffix(';') {
            current.push_str(last);
            all.push(std::mem::take(&mut current));
        } else {
            current.push_str(line);
            current.push('\n');
        }
    }
    all
}

/// A statement without its mark, if it is for this database.
fn meant_for(dialect: Dialect, statement: &str) -> Option<&str> {
    let (mark, other) = match dialect {
        Dialect::Sqlite => ("@sqlite ", "@postgres "),
        Dialect::Postgres => ("@postgres ", "@sqlite "),
    };
    if statement.starts_with(other) { None } else { Some(statement.strip_prefix(mark).unwrap_or(statement)) }
}

/// A statement in the words of one database.
fn translate(dialect: Dialect, statement: &str) -> String {
    let mut out = String::with_capacity(statement.len() + 16);
    let mut word = String::new();
    for character in statement.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            word.push(character);
        } else {
            out.push_str(type_name(dialect, &word));
            word.clear();
            out.push(character);
        }
    }
    out.push_str(type_name(dialect, &word));
    if dialect == Dialect::Sqlite && statement.starts_with("CREATE TABLE") {
        out.push_str(" STRICT");
    }
    out
}

fn type_name(dialect: Dialect, word: &str) -> &str {
    match (dialect, word) {
        (Dialect::Sqlite, "UUID") => "BLOB",
        (Dialect::Sqlite, "BIGINT" | "INSTANT" | "BOOLEAN" | "COUNTER") => "INTEGER",
        (Dialect::Sqlite, "JSON") => "TEXT",
        (Dialect::Postgres, "INSTANT") => "TIMESTAMPTZ",
        (Dialect::Postgres, "JSON") => "JSONB",
        (Dialect::Postgres, "COUNTER") => "BIGINT GENERATED ALWAYS AS IDENTITY",
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::{CONTROL, TENANT, meant_for, statements, translate};
    use crate::store::Dialect;

    #[test]
    fn statements_are_split_and_comments_dropped() {
        let found = statements("-- why; not\nCREATE TABLE {t}a (\n    b UUID\n);\nCREATE INDEX c ON {t}a (b);\n");
        assert_eq!(found, ["CREATE TABLE {t}a (\n    b UUID\n)", "CREATE INDEX c ON {t}a (b)"]);
    }

    #[test]
    fn types_are_whole_words() {
        let sql = "CREATE TABLE {t}a (b UUID, c_JSON JSON, d INSTANT)";
        assert_eq!(translate(Dialect::Sqlite, sql), "CREATE TABLE {t}a (b BLOB, c_JSON TEXT, d INTEGER) STRICT");
        assert_eq!(translate(Dialect::Postgres, sql), "CREATE TABLE {t}a (b UUID, c_JSON JSONB, d TIMESTAMPTZ)");
    }

    #[test]
    fn a_mark_names_the_database() {
        assert_eq!(meant_for(Dialect::Sqlite, "@sqlite CREATE"), Some("CREATE"));
        assert_eq!(meant_for(Dialect::Postgres, "@sqlite CREATE"), None);
        assert_eq!(meant_for(Dialect::Postgres, "CREATE"), Some("CREATE"));
    }

    #[test]
    fn steps_are_in_order_and_no_table_can_be_an_entitys() {
        for steps in [CONTROL, TENANT] {
            assert!(steps.windows(2).all(|pair| pair[0].number < pair[1].number));
            for statement in steps.iter().flat_map(|step| statements(step.sql)) {
                let statement = statement.split_once("CREATE TABLE {t}");
                let Some((_, rest)) = statement else { continue };
                let name = rest.split(' ').next().unwrap();
                let suffix = name.rsplit('_').next().unwrap();
                assert!(!name.contains('_') || suffix.len() != 8, "{name} could be the table of an entity with id {suffix}");
            }
        }
    }
}
