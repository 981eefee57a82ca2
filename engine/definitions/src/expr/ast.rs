//! The syntax tree: what was written, before names and types are known.
use rust_decimal::Decimal;

use super::Span;

/// A piece of syntax.
#[derive(Clone, Debug, PartialEq)]
pub struct Ast {
    /// What it is.
    pub kind: AstKind,
    /// Where it stands in the text.
    pub span: Span,
    /// Levels of the tree from here down; `parse` keeps it below [`super::parse::MAX_HEIGHT`].
    pub(super) height: usize,
}

/// The forms of syntax.
#[derive(Clone, Debug, PartialEq)]
pub enum AstKind {
    /// `()` or `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `12.50`
    Number(Decimal),
    /// `"text"`
    Text(String),
    /// A field, a closure's parameter, or `user`.
    Name(String),
    /// `$from`
    Parameter(String),
    /// `of.name`
    Member {
        /// Left of the dot.
        of: Box<Ast>,
        /// Right of the dot.
        name: Word,
    },
    /// `of.name(arguments)`
    Method {
        /// Left of the dot.
        of: Box<Ast>,
        /// The function or aggregate.
        name: Word,
        /// Between the parentheses.
        arguments: Vec<Ast>,
    },
    /// `name(arguments)`
    Call {
        /// The function.
        name: Word,
        /// Between the parentheses.
        arguments: Vec<Ast>,
    },
    /// `!x`
    Not(Box<Ast>),
    /// `-x`
    Negate(Box<Ast>),
    /// `a + b` and its kin.
    Binary {
        /// The operator.
        operator: Operator,
        /// Left side.
        left: Box<Ast>,
        /// Right side.
        right: Box<Ast>,
    },
    /// `if c { a } else { b }`
    If {
        /// The condition.
        condition: Box<Ast>,
        /// Value when it holds.
        then: Box<Ast>,
        /// Value when not.
        otherwise: Box<Ast>,
    },
    /// `[a, b]`
    List(Vec<Ast>),
    /// `|l| body`, only as an argument of an aggregate.
    Closure {
        /// The parameter's name.
        parameter: Word,
        /// Its value per line.
        body: Box<Ast>,
    },
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Operators between two operands, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    In,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Coalesce,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    /// How strongly it binds; the order is rhai's, so that a text means the same in a script.
    pub fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::In => 4,
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual => 5,
            Self::Coalesce => 6,
            Self::Add | Self::Subtract => 7,
            Self::Multiply | Self::Divide => 8,
        }
    }

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::In => "in",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Coalesce => "??",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}
