//! Arithmetic in SQL, exact and the same on both databases: registered functions over scaled integers on SQLite
//! (`threads/functions.rs`), functions of our own over NUMERIC on PostgreSQL.
use kontor_definitions::{ColumnType, expr::BinaryOp};

use super::writer::Term;
use crate::{store::Dialect, value::Reading};

/// The schema of the functions on PostgreSQL; they touch no table.
pub(crate) const FUNCTIONS_SCHEMA: &str = "kontor_functions";

/// The statements that make the functions. `fit` keeps to 28 digits, which the cast of a number that is too large
/// refuses; `half_even` rounds ties to even, which `round(numeric)` does not; `divide` rounds the exact quotient once.
pub(crate) const FUNCTIONS: [&str; 6] = [
    "CREATE SCHEMA IF NOT EXISTS kontor_functions",
    "CREATE OR REPLACE FUNCTION kontor_functions.fit(x numeric, s int) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT CASE WHEN abs(x) * ('1e' || s)::numeric < 1e28 THEN round(x, s) ELSE CAST(abs(x) + 1e28 AS numeric(28, 0)) END $$",
    "CREATE OR REPLACE FUNCTION kontor_functions.half_even(x numeric, s int) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT kontor_functions.fit(CASE WHEN abs(x - trunc(x, s)) * ('1e' || s)::numeric = 0.5
        AND mod(trunc(x, s) * ('1e' || s)::numeric, 2) = 0 THEN trunc(x, s) ELSE round(x, s) END, s) $$",
    "CREATE OR REPLACE FUNCTION kontor_functions.rounded(x numeric, s int, mode text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT CASE mode WHEN 'half_even' THEN kontor_functions.half_even(x, s) WHEN 'half_up' THEN kontor_functions.fit(round(x, s), s)
        WHEN 'down' THEN kontor_functions.fit(trunc(x, s), s)
        ELSE kontor_functions.fit(trunc(x, s) + sign(x - trunc(x, s)) * ('1e-' || s)::numeric, s) END $$",
    "CREATE OR REPLACE FUNCTION kontor_functions.divide(a numeric, b numeric, s int) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT kontor_functions.fit((q + CASE WHEN 2 * abs(n - q * b) > abs(b) OR (2 * abs(n - q * b) = abs(b) AND mod(q, 2) <> 0)
        THEN sign(n) * sign(b) ELSE 0 END) * ('1e-' || s)::numeric, s)
        FROM (SELECT n, div(n, b) AS q FROM (SELECT a * ('1e' || s)::numeric AS n) AS x) AS y $$",
    "CREATE OR REPLACE FUNCTION kontor_functions.day(x date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT CASE WHEN x BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN x
        ELSE x + CAST(kontor_functions.fit(extract(year FROM x) + 1e28, 0) AS int) END $$",
];

fn computed(sql: String, scale: u8) -> Term {
    Term { sql, reading: Reading::Computed { scale } }
}

/// As NUMERIC, so that whole numbers do not overflow 64 bits on the way.
pub(super) fn numeric(term: &Term) -> String {
    match term.reading {
        Reading::Column(ColumnType::Integer) => format!("CAST({} AS NUMERIC)", term.sql),
        _ => term.sql.clone(),
    }
}

/// `a + b` and its kin, to the expression's scale.
pub(super) fn arithmetic(dialect: Dialect, op: BinaryOp, a: &Term, b: &Term, scale: u8) -> Option<Term> {
    let (name, sign) = match op {
        BinaryOp::Add => ("k_add", "+"),
        BinaryOp::Subtract => ("k_subtract", "-"),
        BinaryOp::Multiply => ("k_multiply", "*"),
        BinaryOp::Divide => ("k_divide", "/"),
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::And
        | BinaryOp::Or => return None,
    };
    let sql = match (dialect, op) {
        (Dialect::Sqlite, _) => format!("{name}({}, {}, {}, {}, {scale})", a.sql, a.scale(), b.sql, b.scale()),
        (Dialect::Postgres, BinaryOp::Divide) => {
            format!("{FUNCTIONS_SCHEMA}.divide({}, {}, {scale})", numeric(a), numeric(b))
        }
        (Dialect::Postgres, _) => format!("{FUNCTIONS_SCHEMA}.half_even({} {sign} {}, {scale})", numeric(a), numeric(b)),
    };
    Some(computed(sql, scale))
}

/// Rounded by a mode.
pub(super) fn rounded(dialect: Dialect, term: &Term, digits: u8, mode: &str) -> Term {
    let sql = match dialect {
        Dialect::Sqlite => format!("k_round({}, {}, {digits}, '{mode}')", term.sql, term.scale()),
        Dialect::Postgres => format!("{FUNCTIONS_SCHEMA}.rounded({}, {digits}, '{mode}')", numeric(term)),
    };
    computed(sql, digits)
}

/// The same number with so many digits behind the point; half-even if it has more.
pub(super) fn to_scale(dialect: Dialect, term: &Term, scale: u8) -> Term {
    match (dialect, term.reading) {
        (_, Reading::Computed { scale: own }) if own == scale => term.clone(),
        (Dialect::Postgres, _) if term.scale() <= scale => computed(numeric(term), scale),
        _ => rounded(dialect, term, scale, "half_even"),
    }
}

/// `-a`
pub(super) fn negated(dialect: Dialect, term: &Term) -> Term {
    let scale = term.scale();
    let sql = match dialect {
        Dialect::Sqlite => format!("k_negate({}, {scale})", term.sql),
        Dialect::Postgres => format!("(- {})", numeric(term)),
    };
    computed(sql, scale)
}

/// A one-argument function: `abs`, `floor`, `ceil`.
pub(super) fn function(dialect: Dialect, name: &str, term: &Term, scale: u8) -> Term {
    let sql = match dialect {
        Dialect::Sqlite => format!("k_{name}({}, {})", term.sql, term.scale()),
        Dialect::Postgres => format!("{FUNCTIONS_SCHEMA}.fit({name}({}), {scale})", numeric(term)),
    };
    computed(sql, scale)
}

/// A comparison of two numbers, whatever their scales.
pub(super) fn compared(dialect: Dialect, sign: &str, a: &Term, b: &Term) -> String {
    match dialect {
        Dialect::Postgres => format!("({} {sign} {})", a.sql, b.sql),
        Dialect::Sqlite if a.scale() == b.scale() && is_wide(a) == is_wide(b) => format!("({} {sign} {})", a.sql, b.sql),
        Dialect::Sqlite => format!("(k_compare({}, {}, {}, {}) {sign} 0)", a.sql, a.scale(), b.sql, b.scale()),
    }
}

/// Whether SQLite holds the number as a blob.
fn is_wide(term: &Term) -> bool {
    matches!(term.reading, Reading::Computed { .. })
}
