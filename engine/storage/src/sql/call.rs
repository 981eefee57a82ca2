//! The functions of the expression language in SQL: registered functions on SQLite, the server's own on PostgreSQL.
use kontor_definitions::{
    Aspect, ColumnType, FieldId, Value, aspect,
    expr::{
        Expr, ExprKind, Function, Type,
        function::{
            date::Unit,
            text::{BLANKS, LETTERS},
        },
    },
};

use super::{
    number::{self, FUNCTIONS_SCHEMA},
    writer::{Term, Writer},
};
use crate::{bind::Bind, error::StorageError, query::Bucket, store::Dialect, value::Reading};

const WHOLE: Reading = Reading::Column(ColumnType::Integer);

/// A literal's text: the unit of a date, the mode of a rounding; both are from closed lists.
fn word(argument: Option<&Expr>) -> Option<&str> {
    match argument.map(|argument| &argument.kind) {
        Some(ExprKind::Literal(Value::Text(word))) => Some(word),
        _ => None,
    }
}

fn wrong() -> StorageError {
    StorageError::Bug("a function was given what it does not take".to_owned())
}

impl<'a> Writer<'a> {
    /// The first day of the stretch that a day, or the day of a moment in a zone, falls into.
    pub(crate) fn bucketed(&mut self, term: &Term, bucket: Bucket, zone: &str) -> Result<Term, StorageError> {
        let day = if term.reading == Reading::Column(ColumnType::Instant) {
            let zone = self.bind(&Bind::text(zone))?;
            match self.dialect {
                Dialect::Sqlite => format!("k_local_day({}, {zone})", term.sql),
                Dialect::Postgres => {
                    format!("{FUNCTIONS_SCHEMA}.day(CAST(({}) AT TIME ZONE {zone} AS date))", term.sql)
                }
            }
        } else {
            term.sql.clone()
        };
        let sql = match bucket {
            Bucket::Day => day,
            Bucket::Unit(unit) => edge(self.dialect, Function::StartOf, unit, &day),
        };
        Ok(Term::column(sql, ColumnType::Date))
    }

    pub(super) fn call(&mut self, function: Function, arguments: &'a [Expr], ty: &Type) -> Result<Term, StorageError> {
        let Some(first) = arguments.first() else { return Err(wrong()) };
        match function {
            Function::IsNull => {
                let all = arguments.iter().map(|argument| self.value(argument).map(|term| format!("({}) IS NULL", term.sql)));
                let all = all.collect::<Result<Vec<_>, _>>()?;
                Ok(Term::column(format!("({})", all.join(" AND ")), ColumnType::Boolean))
            }
            Function::Concat => {
                let parts =
                    arguments.iter().map(|argument| self.value(argument).map(|term| format!("COALESCE({}, '')", term.sql)));
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                Ok(Term::column(format!("({})", parts.join(" || ")), ColumnType::Text))
            }
            // Rates and units are read when a record is written; `check` and filters refuse them everywhere else.
            Function::Convert | Function::ConvertUnit => Err(wrong()),
            Function::Fold => self.folded(first),
            Function::Min | Function::Max => self.extreme(function, arguments, ty),
            Function::Round | Function::Abs | Function::Floor | Function::Ceil => {
                let term = self.value(first)?;
                let Type::Number { scale } = ty else { return Err(wrong()) };
                self.rounding(function, &term, *scale, word(arguments.get(2)))
            }
            Function::StartOf | Function::EndOf => {
                let unit = word(Some(first)).and_then(Unit::named).ok_or_else(wrong)?;
                let date = self.value(arguments.get(1).ok_or_else(wrong)?)?.sql;
                Ok(Term::column(edge(self.dialect, function, unit, &date), ColumnType::Date))
            }
            _ => {
                let terms = arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
                match self.dialect {
                    Dialect::Sqlite => Ok(on_sqlite(function, &terms)),
                    Dialect::Postgres => self.on_postgres(function, &terms),
                }
            }
        }
    }

    /// A written text is folded here, a field's folded text is stored: `check` and filters let nothing else through.
    fn folded(&mut self, text: &'a Expr) -> Result<Term, StorageError> {
        match &text.kind {
            ExprKind::Literal(value) => {
                let folded = self.bind(&Bind(ColumnType::Text, aspect::stored(Aspect::Folded, value)))?;
                Ok(Term::column(folded, ColumnType::Text))
            }
            ExprKind::Field { scope, path } => {
                let (last, before) = path.split_last().ok_or_else(wrong)?;
                let path: Vec<FieldId> = before.iter().copied().chain([last.aspect(Aspect::Folded)]).collect();
                self.path(*scope, &path)
            }
            _ => Err(wrong()),
        }
    }

    fn rounding(&self, function: Function, term: &Term, scale: u8, mode: Option<&str>) -> Result<Term, StorageError> {
        Ok(match function {
            Function::Abs => number::function(self.dialect, "abs", term, scale),
            Function::Floor => number::function(self.dialect, "floor", term, 0),
            Function::Ceil => number::function(self.dialect, "ceil", term, 0),
            _ => {
                let known = ["half_even", "half_up", "down", "up"].into_iter().find(|known| Some(*known) == mode);
                number::rounded(self.dialect, term, scale, known.ok_or_else(wrong)?)
            }
        })
    }

    /// Null if one is null, which `min(a, b)` is on SQLite and `LEAST` is not.
    fn extreme(&mut self, function: Function, arguments: &'a [Expr], ty: &Type) -> Result<Term, StorageError> {
        let terms = arguments.iter().map(|argument| self.like(argument, ty)).collect::<Result<Vec<_>, _>>()?;
        let all: Vec<&str> = terms.iter().map(|term| term.sql.as_str()).collect();
        let reading = terms.first().map(|term| term.reading).ok_or_else(wrong)?;
        let least = function == Function::Min;
        let sql = match self.dialect {
            Dialect::Sqlite => format!("{}({})", if least { "min" } else { "max" }, all.join(", ")),
            Dialect::Postgres => {
                let present: Vec<String> = all.iter().map(|sql| format!("({sql}) IS NOT NULL")).collect();
                let name = if least { "LEAST" } else { "GREATEST" };
                format!("CASE WHEN {} THEN {name}({}) END", present.join(" AND "), all.join(", "))
            }
        };
        Ok(Term { sql, reading })
    }

    fn on_postgres(&mut self, function: Function, terms: &[Term]) -> Result<Term, StorageError> {
        let part = |index: usize| terms.get(index).map(|term| term.sql.as_str()).unwrap_or_default();
        let (a, b, c) = (part(0), part(1), part(2));
        let text = |sql: String| Ok(Term::column(sql, ColumnType::Text));
        let flag = |sql: String| Ok(Term::column(format!("COALESCE({sql}, FALSE)"), ColumnType::Boolean));
        let whole = |sql: String| Ok(Term { sql: format!("CAST({sql} AS BIGINT)"), reading: WHOLE });
        let day = |sql: String| Ok(Term::column(format!("{FUNCTIONS_SCHEMA}.day({sql})"), ColumnType::Date));
        match function {
            Function::Length => whole(format!("char_length({a})")),
            Function::Upper | Function::Lower => {
                let (small, large) = (self.bind(&Bind::text(&LETTERS.0))?, self.bind(&Bind::text(&LETTERS.1))?);
                let (from, to) = if function == Function::Upper { (small, large) } else { (large, small) };
                text(format!("translate({a}, {from}, {to})"))
            }
            Function::Trim => {
                let blanks = self.bind(&Bind::text(BLANKS))?;
                text(format!("btrim({a}, {blanks})"))
            }
            Function::Contains => flag(format!("(strpos({a}, {b}) > 0)")),
            Function::StartsWith => flag(format!("starts_with({a}, {b})")),
            Function::EndsWith => flag(format!("(right({a}, char_length({b})) = {b})")),
            Function::Substring => {
                // GREATEST and LEAST skip nulls, which are to stay.
                let clamped = |sql: &str, low: u8| {
                    format!("CASE WHEN ({sql}) IS NOT NULL THEN CAST(LEAST(GREATEST({sql}, {low}), 1000000000) AS int) END")
                };
                let length = if terms.len() > 2 { clamped(c, 0) } else { "1000000000".to_owned() };
                text(format!("substr({a}, {}, {length})", clamped(b, 1)))
            }
            Function::Replace => text(format!("replace({a}, {b}, {c})")),
            Function::ToText if terms.first().is_some_and(|term| term.reading == Reading::Column(ColumnType::Date)) => {
                text(format!("to_char({a}, 'YYYY-MM-DD')"))
            }
            Function::ToText => text(format!("CAST(trim_scale(CAST({a} AS NUMERIC)) AS TEXT)")),
            Function::Year => whole(format!("extract(year FROM {a})")),
            Function::Month => whole(format!("extract(month FROM {a})")),
            Function::Day => whole(format!("extract(day FROM {a})")),
            Function::Weekday => whole(format!("extract(isodow FROM {a})")),
            Function::AddDays => day(format!("({a} + CAST({b} AS int))")),
            Function::AddMonths => day(format!("CAST({a} + make_interval(months => CAST({b} AS int)) AS date)")),
            Function::DaysBetween => whole(format!("({b} - {a})")),
            _ => Err(wrong()),
        }
    }
}

fn edge(dialect: Dialect, function: Function, unit: Unit, date: &str) -> String {
    let start = function == Function::StartOf;
    match dialect {
        Dialect::Sqlite => format!("k_{}('{}', {date})", if start { "start_of" } else { "end_of" }, unit.name()),
        Dialect::Postgres => {
            let first = format!("date_trunc('{}', CAST({date} AS timestamp))", unit.name());
            let step = match unit {
                Unit::Year => "1 year",
                Unit::Quarter => "3 months",
                Unit::Month => "1 month",
                Unit::Week => "7 days",
            };
            let moment = if start { first } else { format!("({first} + interval '{step}' - interval '1 day')") };
            format!("{FUNCTIONS_SCHEMA}.day(CAST({moment} AS date))")
        }
    }
}

/// `k_<name>` with each number followed by its scale.
fn on_sqlite(function: Function, terms: &[Term]) -> Term {
    let arguments: Vec<String> = terms
        .iter()
        .map(|term| match term.reading {
            Reading::Computed { scale } | Reading::Column(ColumnType::Decimal { scale }) => format!("{}, {scale}", term.sql),
            Reading::Column(ColumnType::Integer) => format!("{}, 0", term.sql),
            Reading::Column(_) | Reading::List => term.sql.clone(),
        })
        .collect();
    let reading = match function {
        Function::Contains | Function::StartsWith | Function::EndsWith => Reading::Column(ColumnType::Boolean),
        Function::Length | Function::Year | Function::Month | Function::Day | Function::Weekday | Function::DaysBetween => WHOLE,
        Function::AddDays | Function::AddMonths => Reading::Column(ColumnType::Date),
        _ => Reading::Column(ColumnType::Text),
    };
    let call = format!("k_{}({})", function.name(), arguments.join(", "));
    let sql = if function.is_predicate() { format!("COALESCE({call}, FALSE)") } else { call };
    Term { sql, reading }
}
