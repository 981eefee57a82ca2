//! Names of tables, columns, indexes and constraints: readable, at most 50 bytes, fixed when they are made.
//!
//! A shard of a distributed PostgreSQL puts `_<number>` behind a name, so none of ours ends in `_` and digits.
use kontor_definitions::{Entity, EntityId, Field, FieldId};

use super::TableInfo;

const LONGEST: usize = 50;

/// The table of an entity: `order_k3v9x2ab`.
pub(super) fn table(entity: &Entity) -> String {
    named(&entity.name, entity.id.0.as_str())
}

/// The column of a field: `customer_p4s8d1aa`; system fields are called what they are.
pub(super) fn column(field: &Field) -> String {
    if field.id.0.is_system() { field.name.clone() } else { named(&field.name, field.id.0.as_str()) }
}

/// The column beside an encrypted one that holds the fingerprints of its values: `tax_number_p4s8d1aa_mac`.
pub(super) fn fingerprint(column: &str) -> String {
    format!("{column}_mac")
}

/// A column beside those that a field has had: `customer_v2_p4s8d1aa`.
pub(super) fn next_column(table: &TableInfo, field: &Field) -> String {
    let taken = |name: &String| {
        table.columns.values().chain(table.former.iter().map(|(_, column)| column)).any(|column| column.name == *name)
    };
    let mut short = field.name.clone();
    short.truncate(LONGEST / 2);
    let names = (2_u32..).map(|count| named(&format!("{short}_v{count}"), field.id.0.as_str()));
    let mut names = names.skip_while(taken);
    names.next().unwrap_or_else(|| column(field))
}

/// The name a table or column was made with, without its id.
pub(super) fn readable(physical: &str) -> &str {
    physical.rsplit_once('_').map_or(physical, |(name, _id)| name)
}

fn named(name: &str, id: &str) -> String {
    // The `x` keeps an id that consists of digits from looking like a shard's number.
    let id = if id.bytes().all(|byte| byte.is_ascii_digit()) { format!("x{id}") } else { id.to_owned() };
    let mut readable: String = name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    readable.truncate(LONGEST - id.len() - 1);
    format!("{readable}_{id}")
}

/// The primary key of a table.
pub(super) fn primary_key(entity: EntityId) -> String {
    format!("pk_e{entity}")
}

/// The foreign key of a reference.
pub(super) fn foreign_key(entity: EntityId, field: FieldId) -> String {
    format!("fk_{entity}_{}", part(field))
}

/// A unique index (`u`) or a plain one (`i`).
pub(super) fn index(unique: bool, entity: EntityId, fields: &[FieldId]) -> String {
    let kind = if unique { "u" } else { "i" };
    match fields {
        [one] => format!("{kind}_{entity}_{}", part(*one)),
        many => {
            let hash = many
                .iter()
                .flat_map(|field| field.0.as_str().bytes())
                .fold(FNV, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
            let first = many.first().map(|field| part(*field)).unwrap_or_default();
            format!("{kind}_{entity}_{first}_h{hash:016x}")
        }
    }
}

/// 64-bit FNV-1a: short, stable for ever, and no two sets of fields of one entity collide by chance.
const FNV: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn part(field: FieldId) -> String {
    format!("f{}", field.0.as_str().trim_matches('_'))
}
