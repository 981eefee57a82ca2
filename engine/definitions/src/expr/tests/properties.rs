//! What must hold for any text: no panic, bounded depth, and a print that reads back as the same tree.
use std::sync::LazyLock;

use proptest::{prelude::*, test_runner::RngSeed};

use super::sample::Sample;
use crate::expr::{
    Expr, ExprKind, Span, compile,
    eval::{EvalError, eval},
    json::to_json,
    parse,
    parse::{MAX_CHARACTERS, MAX_DEPTH, MAX_HEIGHT},
    print::{print, print_typed},
    reads,
};

static SAMPLE: LazyLock<Sample> = LazyLock::new(Sample::load);

/// Pieces that make texts which often parse.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "whole", "amount", "text", "grade", "yes", "day", "lines", "partner", "l", "user", ".", ".count", ".sum(", "|l| l.qty",
            "(", ")", "[", "]", "{", "}", ",", "==", "!=", "<", "<=", "&&", "||", "??", "+", "-", "*", "/", "!", "in", "if ", " else ",
            "1", "2.50", "\"A\"", "\"\\n茶\"", "null", "()", "true", "$from", "round(", "today()", "contains(", "_x", "客户", " ",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

fn without_places(expr: &Expr) -> Expr {
    let boxed = |expr: &Expr| Box::new(without_places(expr));
    let kind = match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Field { .. } | ExprKind::Parameter(_) | ExprKind::Env(_) => expr.kind.clone(),
        ExprKind::Not(inner) => ExprKind::Not(boxed(inner)),
        ExprKind::Negate(inner) => ExprKind::Negate(boxed(inner)),
        ExprKind::Binary { op, left, right } => ExprKind::Binary { op: *op, left: boxed(left), right: boxed(right) },
        ExprKind::If { condition, then, otherwise } => {
            ExprKind::If { condition: boxed(condition), then: boxed(then), otherwise: boxed(otherwise) }
        }
        ExprKind::Coalesce(left, right) => ExprKind::Coalesce(boxed(left), boxed(right)),
        ExprKind::In { needle, list } => ExprKind::In { needle: boxed(needle), list: boxed(list) },
        ExprKind::List(items) => ExprKind::List(items.iter().map(without_places).collect()),
        ExprKind::Call { function, arguments } => {
            ExprKind::Call { function: *function, arguments: arguments.iter().map(without_places).collect() }
        }
        ExprKind::Aggregate { function, scope, path, body, filter } => ExprKind::Aggregate {
            function: *function,
            scope: *scope,
            path: path.clone(),
            body: body.as_deref().map(boxed),
            filter: filter.as_deref().map(boxed),
        },
    };
    Expr { kind, ty: expr.ty.clone(), span: Span::default() }
}

fn whatever_happens(sample: &Sample, text: &str) {
    let names = sample.names(&|_, _| true);
    let ast = match parse(text) {
        Ok(ast) => ast,
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(text.get(error.span.start..error.span.end).is_some(), "{error:?} does not lie in {text:?}");
            }
            return;
        }
    };
    let printed = print(&ast);
    assert_eq!(print(&parse(&printed).unwrap_or_else(|errors| panic!("{text} -> {printed}: {errors:?}"))), printed);
    let Ok(expr) = compile(text, &names, None) else { return };
    let value = eval(&expr, &sample.row(&serde_json::json!({})), &sample.env);
    assert_ne!(value, Err(EvalError::BadValue), "{text}");
    assert!(to_json(&expr, &sample.catalog, sample.root).is_some());
    let printed = print_typed(&expr, &sample.catalog, sample.root).expect("it fits its own catalog");
    let again = compile(&printed, &names, None).unwrap_or_else(|errors| panic!("{text} -> {printed}: {errors:?}"));
    assert_eq!(without_places(&again), without_places(&expr), "{text} -> {printed}");
    assert_eq!(print_typed(&again, &sample.catalog, sample.root).as_deref(), Some(printed.as_str()));
}

#[test]
fn the_vectors_print_and_read_back() {
    let sample = Sample::load();
    for file in ["null", "numbers", "text", "dates", "lines", "findings"] {
        for case in super::sample::read(&format!("{file}.json"))["cases"].as_array().expect("cases") {
            whatever_happens(&sample, case["expression"].as_str().expect("an expression"));
        }
    }
}

/// Half of what a database thread has, unoptimised: every reader of a tree must be at home in it.
const STACK: usize = 1 << 20;

#[test]
fn depth_and_length_are_bounded() {
    let small = std::thread::Builder::new().stack_size(STACK);
    small.spawn(bombs_and_limits).expect("a thread").join().expect("no bomb went off");
}

fn bombs_and_limits() {
    let bombs = [
        "(",
        "[",
        "!",
        "-",
        "- ",
        "f(",
        "a.",
        "a.f(",
        "if a { ",
        "if ",
        "a + ",
        "a ?? ",
        "a && (",
        "x in [",
        "1 < ",
        "lines.sum(|l| ",
        "|l| ",
        "\"",
        "(1 + ",
        "else ",
        "{",
        "!(",
        "a == ",
        "if yes {1} else ",
        "()",
        ")",
        ".",
        ",",
        "lines.filter(|l| yes).",
        "$a + ",
        "text.len().",
    ];
    for bomb in bombs {
        for length in [40, 300, 5_000, MAX_CHARACTERS + 1] {
            let text: String = bomb.chars().cycle().take(length).collect();
            assert!(length < 5_000 || parse(&text).is_err(), "{bomb} x {length}");
            whatever_happens(&SAMPLE, &text);
            whatever_happens(&SAMPLE, &format!("{text}1{}", ")".repeat(length / 2)));
        }
    }
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(parse(&nested(MAX_DEPTH + 1)).expect_err("too deep")[0].code, "too_deep");
    assert_eq!(parse(&"x".repeat(MAX_CHARACTERS + 1)).expect_err("too long")[0].code, "too_long");
    assert!(parse(&"茶".repeat(MAX_CHARACTERS)).is_ok());
    let sample = Sample::load();
    whatever_happens(&sample, &vec!["whole"; MAX_HEIGHT].join(" + "));
    whatever_happens(&sample, &vec!["yes"; MAX_HEIGHT].join(" || "));
    whatever_happens(&sample, &format!("{}{{ 1 }}", "if yes { 1 } else ".repeat(MAX_HEIGHT - 2)));
    whatever_happens(&sample, &format!("{}1{}", "round(1 + (".repeat(MAX_DEPTH / 2), "))".repeat(MAX_DEPTH / 2)));
    whatever_happens(&sample, &format!("{}1{}", "lines.sum(|l| 1 + ".repeat(MAX_DEPTH / 2), ")".repeat(MAX_DEPTH / 2)));
    whatever_happens(&sample, &format!("whole in [{}]", vec!["1"; 3_000].join(",")));
}

#[test]
fn paths_that_are_read() {
    let sample = Sample::load();
    let text = "partner.country == \"DE\" && lines.filter(|l| l.ok).sum(|l| l.qty * l.partner.rate * amount) > lines.count";
    let expr = compile(text, &sample.names(&|_, _| true), None).expect("it is right");
    let root = sample.catalog.entity(sample.root).expect("known");
    let lines = sample.catalog.entity_named("sample_line").expect("known");
    let on = |path: &str| sample.catalog.path(root, path).expect("known");
    let of_lines = |path: &str| [on("lines"), sample.catalog.path(lines, path).expect("known")].concat();
    let expected =
        vec![on("partner.country"), on("lines"), of_lines("ok"), of_lines("qty"), of_lines("partner.rate"), on("amount")];
    assert_eq!(reads(&expr), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, rng_seed: RngSeed::Fixed(2026), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        whatever_happens(&SAMPLE, &text);
    }

    #[test]
    fn any_row_of_pieces_is_read_or_refused(pieces in prop::collection::vec(piece(), 0..24)) {
        whatever_happens(&SAMPLE, &pieces.join(" "));
    }
}
