//! Which names may be given to definitions, fields and options.
use super::{
    codes::Code,
    findings::{FileId, Findings},
};

/// The longest name, in characters.
pub(super) const MAX_NAME: usize = 40;

/// Names of fields that every record has or answers carry beside them, words of the expression language and what it knows by itself.
const RESERVED: [&str; 27] = [
    "warnings",
    "id",
    "revision",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "archived_at",
    "owner",
    "true",
    "false",
    "null",
    "if",
    "else",
    "in",
    "and",
    "or",
    "not",
    "let",
    "const",
    "fn",
    "return",
    "for",
    "while",
    "loop",
    "switch",
    "this",
];

/// Tells a name that is not `snake_case` or too long; says whether it is fine.
pub(super) fn check_name(file: FileId, pointer: &str, name: &str, findings: &mut Findings) -> bool {
    let fine = is_snake_case(name);
    if !fine {
        findings.add(file, pointer, Code::BadName, &[name]);
    }
    fine
}

/// Tells the name of a field that the engine keeps for itself; `also` are the names that this entity's own settings take.
pub(super) fn check_field_name(file: FileId, pointer: &str, name: &str, also: &[&str], findings: &mut Findings) {
    if RESERVED.contains(&name) || also.contains(&name) {
        findings.add(file, pointer, Code::ReservedName, &[name]);
    } else {
        check_name(file, pointer, name, findings);
    }
}

/// Tells the name of an option or a state that cannot be stored: these may also be codes such as `CIF` or `40HQ`.
pub(super) fn check_code(file: FileId, pointer: &str, name: &str, findings: &mut Findings) {
    let of_code = |c: char| c.is_ascii_alphanumeric() || "_-.+".contains(c);
    if name.is_empty() || name.chars().count() > MAX_NAME || !name.chars().all(of_code) {
        findings.add(file, pointer, Code::BadName, &[name]);
    }
}

/// `[a-z][a-z0-9_]*` of at most [`MAX_NAME`] characters.
pub(super) fn is_snake_case(name: &str) -> bool {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.len() <= MAX_NAME && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(rest)
}
