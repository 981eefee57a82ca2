//! The expression language: conditions, defaults, formulas, filters. One parser, one typed tree, three readings.
//!
//! Text is [`parse`](parse::parse)d into a syntax tree with spans, [`resolve`](resolve::resolve)d against the
//! names in reach into the typed [`Expr`] below, and the typed tree is evaluated here ([`eval`]), compiled to SQL
//! by `storage`, and sent to the browser as JSON ([`json`]). `tests/cases/expressions` proves the three equal.
pub mod ast;
pub mod decimal;
pub mod error;
pub mod eval;
pub mod function;
pub mod json;
mod lex;
pub mod names;
pub mod parse;
pub mod print;
pub mod rates;
pub mod reads;
pub mod resolve;
pub mod sensitive;
mod spell;
#[cfg(test)]
mod tests;
pub mod units;
mod wide;

pub use error::ExprError;
pub use function::Function;
pub use names::{CatalogNames, NamedField, Names};
pub use parse::parse;
pub use reads::{calls, converts, env_values, folds, reads};
pub use resolve::{compile, resolve};

use crate::{
    id::{EntityId, FieldId},
    value::Value,
};

/// A range of bytes in the expression's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What an expression yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// The literal `null`; fits every type.
    Null,
    /// True or false; a comparison is never null.
    Boolean,
    /// A number with a static scale (digits behind the point).
    Number {
        /// 0 to 12.
        scale: u8,
    },
    /// Text, choices, states, codes.
    Text,
    /// A day.
    Date,
    /// A moment.
    Instant,
    /// A time of day.
    Time,
    /// A record's id of this entity (references, users).
    Record(EntityId),
    /// Several values of one type.
    List(Box<Type>),
    /// Owned lines of this entity; only aggregates take them.
    Rows(EntityId),
    /// Structured values; only null tests take them.
    Json,
}

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// What it yields.
    pub ty: Type,
    /// Where it stands in the text.
    pub span: Span,
}

/// The forms of a typed expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Value),
    /// A field reached from a row: zero or more references, then the field. Never empty.
    Field {
        /// 0: the record the expression stands on; n: the parameter of the n-th enclosing aggregate, outermost first.
        scope: u8,
        /// `customer.country` is `[customer, country]`.
        path: Vec<FieldId>,
    },
    /// A parameter, `$from`.
    Parameter(String),
    /// Something of the moment or the person.
    Env(EnvValue),
    /// `!x`; null counts as false.
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `a + b` and its kin.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `if c { a } else { b }`; a null condition takes `otherwise`.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Value when it holds.
        then: Box<Expr>,
        /// Value when not.
        otherwise: Box<Expr>,
    },
    /// `a ?? b`: b when a is null.
    Coalesce(Box<Expr>, Box<Expr>),
    /// `x in [..]`: false when x is null.
    In {
        /// What is looked for.
        needle: Box<Expr>,
        /// Where: a list literal or a list field (`choices`).
        list: Box<Expr>,
    },
    /// `[a, b]`
    List(Vec<Expr>),
    /// A function with its arguments.
    Call {
        /// Which.
        function: Function,
        /// Checked in number and type.
        arguments: Vec<Expr>,
    },
    /// An aggregate over owned lines: `lines.sum(|l| l.qty * l.price)`.
    Aggregate {
        /// Which.
        function: Aggregate,
        /// The row whose lines they are, as in `Field`.
        scope: u8,
        /// References to follow, then the `lines` field.
        path: Vec<FieldId>,
        /// The value or condition per line; its fields of the line have scope + 1 counted from the outermost aggregate.
        body: Option<Box<Expr>>,
        /// Only lines for which this holds: `lines.filter(|l| ..).sum(..)`.
        filter: Option<Box<Expr>>,
    },
}

/// What an expression can know of the moment and the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// `today()`: the day in the company's zone.
    Today,
    /// `now()`
    Now,
    /// `user.id`
    UserId,
    /// `user.name`
    UserName,
    /// `user.department`: the id of the department, or null.
    UserDepartment,
    /// `company.x` where records have no company of their own: an entered field of the tenant's default company, or its id.
    Company(FieldId),
}

/// Operators between two values. Null and scale rules: numbers 12 and 13 of the design's decisions, written out in `docs/expressions.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

/// Aggregates over lines. Null values are skipped; an empty `sum` is 0, of the others null; `any` of none is false, `all` true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Aggregate {
    Sum,
    Count,
    Min,
    Max,
    Average,
    Any,
    All,
}
