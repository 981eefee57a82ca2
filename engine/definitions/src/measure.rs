//! How groups of records are spoken of: measures such as `sum(total)`, and what records can be grouped by. Lists that are
//! aggregated and invariants read them alike.
use crate::{catalog::FieldType, expr::Aggregate};

/// Name, function, whether equal values count once. `average` is the expression language's name of `avg`.
const FUNCTIONS: [(&str, Aggregate, bool); 7] = [
    ("sum", Aggregate::Sum, false),
    ("count", Aggregate::Count, false),
    ("count_distinct", Aggregate::Count, true),
    ("min", Aggregate::Min, false),
    ("max", Aggregate::Max, false),
    ("avg", Aggregate::Average, false),
    ("average", Aggregate::Average, false),
];

/// `f(path)` as function and path; without parentheses there is no function.
pub fn parts(written: &str) -> (Option<&str>, &str) {
    match written.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((function, path)) => (Some(function.trim()), path.trim()),
        None => (None, written),
    }
}

/// The function of a measure by its name, and whether equal values count once.
pub fn function(name: &str) -> Option<(Aggregate, bool)> {
    FUNCTIONS.iter().find(|(known, ..)| *known == name).map(|(_, function, distinct)| (*function, *distinct))
}

/// Function, whether equal values count once, and path of a measure; only `count()` goes without a path. `None` if it is none.
pub fn measure(written: &str) -> Option<(Aggregate, bool, &str)> {
    let (name, path) = parts(written);
    let (function, distinct) = function(name?)?;
    (!path.is_empty() || (function == Aggregate::Count && !distinct)).then_some((function, distinct, path))
}

/// Whether records can be grouped by values of a type: short ones of which equal ones are equal on every database.
pub fn can_group(ty: &FieldType) -> bool {
    let ty = ty.result();
    let long =
        matches!(ty, FieldType::LongText { .. } | FieldType::Choices { .. } | FieldType::Json(_) | FieldType::Files { .. });
    !long && ty.column().is_some()
}
