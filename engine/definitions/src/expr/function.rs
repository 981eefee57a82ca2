//! The functions of the expression language.

/// A function. Its names, argument types and result are in `resolve`, its meaning in `eval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "docs/expressions.md describes each")]
pub enum Function {
    // text
    Length,
    Upper,
    Lower,
    Trim,
    Contains,
    StartsWith,
    EndsWith,
    Concat,
    Substring,
    Replace,
    // number
    Round,
    Abs,
    Floor,
    Ceil,
    Min,
    Max,
    // date
    Year,
    Month,
    Day,
    AddDays,
    AddMonths,
    DaysBetween,
    StartOf,
    // any
    IsNull,
}
