//! The same index asked by statements written by hand, on a connection past the engine.
use kontor_apps::{Tenant, search};

use crate::harness::{database::Database, raw::Raw};

/// A connection and the names of what it reads.
pub(super) struct Bare {
    raw: Raw,
    sqlite: bool,
    table: String,
    code: String,
    entity: String,
}

impl Bare {
    pub(super) fn open(database: &Database, tenant: &Tenant) -> Self {
        let snapshot = tenant.snapshot();
        let entity = snapshot.catalog.entity_named("firms.company").unwrap();
        let table = &snapshot.physical.tables[&entity.id];
        let code = table.columns[&entity.field_named("code").unwrap().id].name.clone();
        Self {
            raw: Raw::open(database, tenant),
            sqlite: database.url().is_none(),
            table: format!("{{t}}\"{}\"", table.name),
            code: format!("\"{code}\""),
            entity: entity.id.to_string(),
        }
    }

    /// What the index holds under all tokens of a text: records, no right, no order.
    pub(super) fn ids(&mut self, words: &[&str]) {
        let sql = format!("{} LIMIT 50", self.found(words));
        self.raw.count(&sql);
    }

    /// The first page of those records.
    pub(super) fn page(&mut self, words: &[&str]) {
        let (table, code, found) = (&self.table, &self.code, self.found(words));
        self.raw.count(&format!("SELECT * FROM {table} WHERE \"id\" IN ({found}) ORDER BY {code} LIMIT 50"));
    }

    fn found(&self, words: &[&str]) -> String {
        let tokens: Vec<String> = words.iter().flat_map(|word| search::asked(word)).flatten().collect();
        let entity = &self.entity;
        if self.sqlite {
            let tokens: Vec<String> = tokens.iter().map(|token| format!("\"{token}\"")).collect();
            return format!(
                "SELECT s.record FROM search_index i CROSS JOIN search s ON s.id = i.rowid
                 WHERE i.search_index MATCH '{}' AND s.entity = '{entity}'",
                tokens.join(" ")
            );
        }
        let tokens: Vec<String> = tokens.iter().map(|token| format!("''{token}''")).collect();
        format!(
            "SELECT s.record FROM {{t}}search s
             WHERE array_to_tsvector(string_to_array(s.tokens, ' ')) @@ '{}'::tsquery AND s.entity = '{entity}'",
            tokens.join(" & ")
        )
    }
}
