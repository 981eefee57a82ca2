//! Names of tables, columns, indexes and constraints: readable, at most 50 bytes, fixed when they are made.
//!
//! A shard of a distributed PostgreSQL puts `_<number>` behind a name, so none of ours ends in `_` and digits.
use kontor_definitions::{Aspect, Entity, EntityId, Field, FieldId, catalog::FieldClass};

use super::{ColumnInfo, ColumnSpec, TableInfo};

const LONGEST: usize = 50;

/// The table of an entity: `order_k3v9x2ab`.
pub(super) fn table(entity: &Entity) -> String {
    // The entity beside a `links` field is called `project.members`.
    named(&entity.name.replace('.', "_"), entity.id.0.as_str())
}

/// The column of a field: `customer_p4s8d1aa`; system fields are called what they are.
pub(super) fn column(field: &Field) -> String {
    let id = field.id.0.as_str().trim_start_matches('_');
    if field.id.0.is_system() && !field.id.0.is_companion() { field.name.clone() } else { named(&field.name, id) }
}

/// The column beside an encrypted one that holds the fingerprints of its values: `tax_number_p4s8d1aa_mac`.
pub(super) fn fingerprint(column: &str) -> String {
    format!("{column}_mac")
}

/// The column of an aspect of a field: `name_p4s8d1aa_sort`. No column of a field ends like it: behind its last `_` stands an id.
pub(super) fn aspect(field: &Field, aspect: Aspect) -> String {
    let mut short = field.name.clone();
    short.truncate(LONGEST - 20);
    format!("{}_{}", named(&short, field.id.0.as_str().trim_start_matches('_')), aspect.name())
}

/// Another column of an aspect, beside those it has had: one that is no longer used, or `name_v2_p4s8d1aa_sort`.
pub(super) fn next_aspect(table: &TableInfo, field: &Field, of: Aspect) -> String {
    if let Some((_, left)) = table.former.iter().find(|(id, _)| *id == field.id.aspect(of)) {
        return left.name.clone();
    }
    let mut short = field.name.clone();
    short.truncate(LONGEST - 25);
    let id = field.id.0.as_str().trim_start_matches('_');
    let names = (2_u32..).map(|count| format!("{}_{}", named(&format!("{short}_v{count}"), id), of.name()));
    let mut names = names.skip_while(|name| taken(table, name));
    names.next().unwrap_or_else(|| aspect(field, of))
}

/// A column beside those that a field has had: `customer_v2_p4s8d1aa`.
pub(super) fn next_column(table: &TableInfo, field: &Field) -> String {
    let mut short = field.name.clone();
    short.truncate(LONGEST / 2);
    let names = (2_u32..).map(|count| named(&format!("{short}_v{count}"), field.id.0.as_str()));
    let mut names = names.skip_while(|name| taken(table, name));
    names.next().unwrap_or_else(|| column(field))
}

fn taken(table: &TableInfo, name: &str) -> bool {
    table.columns.values().chain(table.former.iter().map(|(_, column)| column)).any(|column| column.name == name)
}

/// The column of a field that has none: its own name, unless a publish that was given up has left one of it; that one is
/// used where its type is the same and every value is computed.
pub(super) fn free_column(table: &TableInfo, field: &Field, wanted: &ColumnSpec) -> String {
    let own = |(id, column): &&(FieldId, ColumnInfo)| *id == field.id && column.ty == wanted.ty;
    let derived = matches!(field.class, FieldClass::Row | FieldClass::Rollup) && wanted.target.is_none();
    if let Some((_, left)) = table.former.iter().find(own).filter(|_| derived) {
        return left.name.clone();
    }
    let taken = table.former.iter().any(|(_, column)| column.name == wanted.name);
    if taken { next_column(table, field) } else { wanted.name.clone() }
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

/// The same of a column beside those that the field has had.
pub(super) fn foreign_key_of(entity: EntityId, spec: &ColumnSpec) -> String {
    let readable = spec.name.rsplit_once('_').and_then(|(readable, _id)| readable.rsplit_once("_v")).map(|(_, count)| count);
    match readable.filter(|count| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(_) => format!("{}_h{:016x}", foreign_key(entity, spec.id), hashed(spec.name.bytes())),
        None => foreign_key(entity, spec.id),
    }
}

/// An index that is built while another one of its name may be in use; a publish that is given up leaves it behind.
pub(crate) const COMING: &str = "new_";
/// An index that is no longer used and about to be dropped.
pub(crate) const GOING: &str = "gone_";

/// A unique index (`u`) or a plain one (`i`).
pub(super) fn index(unique: bool, entity: EntityId, fields: &[FieldId]) -> String {
    let kind = if unique { "u" } else { "i" };
    match fields {
        [one] => format!("{kind}_{entity}_{}", part(*one)),
        many => {
            let hash = hashed(many.iter().flat_map(|field| field.0.as_str().bytes()));
            let first = many.first().map(|field| part(*field)).unwrap_or_default();
            format!("{kind}_{entity}_{first}_h{hash:016x}")
        }
    }
}

fn hashed(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(FNV, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// 64-bit FNV-1a: short, stable for ever, and no two sets of fields of one entity collide by chance.
const FNV: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn part(field: FieldId) -> String {
    match field.aspect_of() {
        Some((aspect, field)) => format!("{}_f{field}", aspect.name()),
        None => format!("f{}", field.0.as_str().trim_matches('_')),
    }
}
