//! The statements that change tables, in each database's words. Every constraint has a name of ours.
use kontor_definitions::{ColumnType, EntityId};

use super::{
    names,
    plan::{ColumnSpec, IndexSpec, TableSpec},
};
use crate::{error::StorageError, store::Dialect};

/// Writes statements for one schema.
pub(crate) struct Ddl<'a> {
    pub(crate) dialect: Dialect,
    /// `"t_<id>".` or nothing.
    pub(crate) prefix: &'a str,
}

/// An identifier, quoted.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Ddl<'_> {
    fn table(&self, name: &str) -> String {
        format!("{}{}", self.prefix, quoted(name))
    }

    /// The table; on PostgreSQL without its foreign keys, which are added when every table is there.
    pub(super) fn create_table(
        &self,
        entity: EntityId,
        spec: &TableSpec,
        target: impl Fn(EntityId) -> Option<String>,
    ) -> Result<String, StorageError> {
        let mut parts = Vec::with_capacity(spec.columns.len() + 1);
        for column in &spec.columns {
            let mut part = self.column(column);
            if let (Dialect::Sqlite, Some(id)) = (self.dialect, column.target) {
                // With its column, which can be dropped then.
                let (name, table) = (names::foreign_key(entity, column.id), target(id).ok_or_else(|| missing(id))?);
                part.push_str(&format!(
                    " CONSTRAINT {} REFERENCES {} (\"id\") ON DELETE RESTRICT",
                    quoted(&name),
                    quoted(&table)
                ));
            }
            parts.push(part);
            parts.extend(self.fingerprint(column));
        }
        parts.push(format!("CONSTRAINT {} PRIMARY KEY (\"id\")", quoted(&names::primary_key(entity))));
        let strict = if self.dialect == Dialect::Sqlite { " STRICT" } else { "" };
        Ok(format!("CREATE TABLE {} ({}){strict}", self.table(&spec.name), parts.join(", ")))
    }

    fn column(&self, spec: &ColumnSpec) -> String {
        let required = if spec.id == kontor_definitions::FieldId::ID { " NOT NULL" } else { "" };
        format!("{} {}{required}", quoted(&spec.name), self.column_type(spec.ty))
    }

    /// The column of fingerprints beside an encrypted one.
    fn fingerprint(&self, spec: &ColumnSpec) -> Option<String> {
        let beside = || format!("{} {}", quoted(&names::fingerprint(&spec.name)), self.column_type(spec.ty));
        matches!(spec.ty, ColumnType::Encrypted(_)).then(beside)
    }

    /// The same for an existing table.
    pub(super) fn add_fingerprint(&self, table: &str, spec: &ColumnSpec) -> Option<String> {
        self.fingerprint(spec).map(|column| format!("ALTER TABLE {} ADD COLUMN {column}", self.table(table)))
    }

    fn column_type(&self, ty: ColumnType) -> String {
        match (self.dialect, ty) {
            (Dialect::Sqlite, ColumnType::Uuid | ColumnType::Encrypted(_)) => "BLOB".to_owned(),
            (Dialect::Postgres, ColumnType::Encrypted(_)) => "BYTEA".to_owned(),
            (Dialect::Sqlite, ColumnType::Integer | ColumnType::Decimal { .. } | ColumnType::Boolean | ColumnType::Instant) => {
                "INTEGER".to_owned()
            }
            (Dialect::Sqlite, ColumnType::Text | ColumnType::Date | ColumnType::Time | ColumnType::Json) => "TEXT".to_owned(),
            (Dialect::Postgres, ColumnType::Uuid) => "UUID".to_owned(),
            // Texts are compared by code point, whatever the server's language.
            (Dialect::Postgres, ColumnType::Text) => "TEXT COLLATE \"C\"".to_owned(),
            (Dialect::Postgres, ColumnType::Integer) => "BIGINT".to_owned(),
            (Dialect::Postgres, ColumnType::Decimal { scale }) => format!("NUMERIC(18, {scale})"),
            (Dialect::Postgres, ColumnType::Boolean) => "BOOLEAN".to_owned(),
            (Dialect::Postgres, ColumnType::Date) => "DATE".to_owned(),
            (Dialect::Postgres, ColumnType::Instant) => "TIMESTAMPTZ".to_owned(),
            (Dialect::Postgres, ColumnType::Time) => "TIME".to_owned(),
            (Dialect::Postgres, ColumnType::Json) => "JSONB".to_owned(),
        }
    }

    /// A column of an existing table with its foreign key: the database knows that an empty column breaks none.
    pub(super) fn add_column(&self, entity: EntityId, table: &str, spec: &ColumnSpec, target: Option<&str>) -> String {
        let mut statement = format!("ALTER TABLE {} ADD COLUMN {}", self.table(table), self.column(spec));
        if let Some(target) = target {
            let name = quoted(&names::foreign_key_of(entity, spec));
            // SQLite wants the name alone.
            let target = if self.dialect == Dialect::Sqlite { quoted(target) } else { self.table(target) };
            statement.push_str(&format!(" CONSTRAINT {name} REFERENCES {target} (\"id\") ON DELETE RESTRICT"));
        }
        statement
    }

    /// The foreign key of a column of a new table, where it is a statement of its own.
    pub(super) fn add_foreign_key(&self, entity: EntityId, table: &str, spec: &ColumnSpec, target: &str) -> Option<String> {
        (self.dialect == Dialect::Postgres).then(|| {
            format!(
                "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} (\"id\") ON DELETE RESTRICT",
                self.table(table),
                quoted(&names::foreign_key(entity, spec.id)),
                quoted(&spec.name),
                self.table(target)
            )
        })
    }

    /// An index; unique ones leave archived records out.
    pub(crate) fn create_index(&self, table: &str, spec: &IndexSpec, columns: &[String]) -> String {
        let unique = if spec.unique { "UNIQUE " } else { "" };
        let live = if spec.live_only { " WHERE \"archived_at\" IS NULL" } else { "" };
        // Lists sort nulls first, see `rows.rs`; a unique index serves equality only.
        let order = if self.dialect == Dialect::Postgres && !spec.unique { " NULLS FIRST" } else { "" };
        let columns: Vec<String> = columns.iter().map(|column| format!("{}{order}", quoted(column))).collect();
        format!("CREATE {unique}INDEX {} ON {} ({}){live}", quoted(&spec.name), self.table(table), columns.join(", "))
    }

    /// Drops an index.
    pub(crate) fn drop_index(&self, name: &str) -> String {
        format!("DROP INDEX IF EXISTS {}{}", self.prefix, quoted(name))
    }

    /// Gives an index another name, which nobody waits for; PostgreSQL only.
    pub(super) fn rename_index(&self, from: &str, to: &str) -> String {
        format!("ALTER INDEX IF EXISTS {}{} RENAME TO {}", self.prefix, quoted(from), quoted(to))
    }
}

/// A reference to an entity without a table: `check` lets none through.
pub(super) fn missing(entity: EntityId) -> StorageError {
    StorageError::Bug(format!("a reference points to {entity}, which has no table"))
}
