//! Calls: number and types of arguments, literals that are options of a function, dates written as text.
use rust_decimal::prelude::ToPrimitive;

use super::{
    Resolver,
    types::{common, read_literal, retyped},
};
use crate::{
    expr::{
        Aggregate, EnvValue, Expr, ExprKind, Function, Span, Type,
        ast::{Ast, AstKind, Word},
        decimal::MAX_SCALE,
        error::{ExprError, type_name},
        function::{Parameter, date::Unit},
    },
    value::Value,
};

/// Names of rounding modes, the default first.
const ROUND_MODES: [&str; 4] = ["half_even", "half_up", "down", "up"];
/// Characters of the longest code of a unit.
const MEASURE_LENGTH: usize = 20;
/// Calls that are no [`Function`]: values of the moment and literals.
const OTHER_CALLS: [&str; 5] = ["today", "now", "date", "datetime", "time"];

impl Resolver<'_> {
    pub(super) fn call(&mut self, name: &Word, arguments: &[Ast], span: Span) -> Option<Expr> {
        let literal = |ty| Some((ty, arguments));
        let read = match name.text.as_str() {
            "today" => return self.env(EnvValue::Today, Type::Date, arguments, span),
            "now" => return self.env(EnvValue::Now, Type::Instant, arguments, span),
            "date" => literal(Type::Date),
            "datetime" => literal(Type::Instant),
            "time" => literal(Type::Time),
            _ => None,
        };
        if let Some((ty, arguments)) = read {
            return self.literal_call(&name.text, &ty, arguments, span);
        }
        let Some(function) = Function::named(&name.text) else { return self.unknown_function(name) };
        let resolved: Vec<Option<Expr>> = arguments.iter().map(|argument| self.value(argument)).collect();
        self.function(function, resolved.into_iter().collect::<Option<Vec<_>>>()?, span)
    }

    pub(super) fn method_call(&mut self, of: &Ast, name: &Word, arguments: &[Ast], span: Span) -> Option<Expr> {
        let Some(function) = Function::named(&name.text) else {
            self.value(of);
            return self.unknown_function(name);
        };
        let resolved: Vec<Option<Expr>> = std::iter::once(of).chain(arguments).map(|argument| self.value(argument)).collect();
        self.function(function, resolved.into_iter().collect::<Option<Vec<_>>>()?, span)
    }

    fn unknown_function(&mut self, name: &Word) -> Option<Expr> {
        let known = Function::ALL.map(Function::name).into_iter().chain(OTHER_CALLS).chain(Aggregate::ALL.map(Aggregate::name));
        let error = ExprError::new(
            "unknown_function",
            name.span,
            format!("没有名为 {} 的函数", name.text),
            format!("there is no function called {}", name.text),
        );
        if Aggregate::named(&name.text).is_some() {
            let text = &name.text;
            return self.report(
                error.hint(format!("汇总写在明细行之后: lines.{text}(…)"), format!("aggregates follow lines: lines.{text}(…)")),
            );
        }
        self.report(error.did_you_mean(&name.text, known))
    }

    pub(super) fn argument_count(&mut self, name: &str, wanted: &str, span: Span) -> Option<Expr> {
        let error = ExprError::new(
            "argument_count",
            span,
            format!("{name} 需要 {wanted} 个参数"),
            format!("{name} takes {wanted} arguments"),
        );
        self.report(error.hint("请检查括号内的参数", "check what stands between the parentheses"))
    }

    fn env(&mut self, value: EnvValue, ty: Type, arguments: &[Ast], span: Span) -> Option<Expr> {
        if arguments.is_empty() {
            return Some(Expr { kind: ExprKind::Env(value), ty, span });
        }
        self.argument_count(if value == EnvValue::Now { "now" } else { "today" }, "0", span)
    }

    /// `date("2026-01-31")` and its kin: a literal, read now.
    fn literal_call(&mut self, name: &str, ty: &Type, arguments: &[Ast], span: Span) -> Option<Expr> {
        let [argument] = arguments else { return self.argument_count(name, "1", span) };
        let AstKind::Text(text) = &argument.kind else {
            let error = ExprError::new(
                "argument_type",
                argument.span,
                format!("{name} 的参数必须是带引号的文本"),
                format!("{name} takes a text in quotes"),
            );
            return self.report(error.hint("例如 date(\"2026-01-31\")", "for example date(\"2026-01-31\")"));
        };
        if let Some(value) = read_literal(text, ty) {
            return Some(Expr { kind: ExprKind::Literal(value), ty: ty.clone(), span });
        }
        let example = match ty {
            Type::Instant => "datetime(\"2026-01-31T08:00:00Z\")",
            Type::Time => "time(\"08:30\")",
            Type::Date
            | Type::Null
            | Type::Boolean
            | Type::Number { .. }
            | Type::Text
            | Type::Record(_)
            | Type::List(_)
            | Type::Rows(_)
            | Type::Json => "date(\"2026-01-31\")",
        };
        let (zh, en) = type_name(ty);
        let error = ExprError::new("bad_date", argument.span, format!("{text} 不是有效的{zh}"), format!("{text} is not {en}"));
        self.report(error.hint(format!("例如 {example}"), format!("for example {example}")))
    }

    fn function(&mut self, function: Function, mut arguments: Vec<Expr>, span: Span) -> Option<Expr> {
        let signature = function.signature();
        let most = signature.parameters.len();
        if arguments.len() < signature.required || arguments.len() > most && !signature.open {
            let wanted = match (signature.open, signature.required == most) {
                (true, _) => format!(">= {}", signature.required),
                (false, true) => most.to_string(),
                (false, false) => format!("{} - {most}", signature.required),
            };
            return self.argument_count(function.name(), &wanted, span);
        }
        // `d.start_of("month")` reads as well as `start_of("month", d)`.
        if matches!(function, Function::StartOf | Function::EndOf)
            && arguments.first().is_some_and(|first| first.ty == Type::Date)
        {
            arguments.reverse();
        }
        let mut checked = Vec::with_capacity(arguments.len());
        let mut complete = true;
        for (index, argument) in arguments.into_iter().enumerate() {
            let parameter = signature.parameters.get(index).or(signature.parameters.last()).copied().unwrap_or(Parameter::Any);
            match self.argument(function, parameter, argument) {
                Some(argument) => checked.push(argument),
                None => complete = false,
            }
        }
        if !complete {
            return None;
        }
        let mut digits = 0;
        if function == Function::Round {
            digits = self.complete_round(&mut checked, span)?;
        }
        if matches!(function, Function::Min | Function::Max) {
            self.same_type(&mut checked)?;
        }
        let types: Vec<Type> = checked.iter().map(|argument| argument.ty.clone()).collect();
        let mut ty = function.result(&types, digits);
        if matches!(function, Function::Min | Function::Max) {
            ty = types.iter().skip(1).fold(ty, |ty, other| common(&ty, other).unwrap_or(ty));
        }
        Some(Expr { kind: ExprKind::Call { function, arguments: checked }, ty, span })
    }

    /// Adds the arguments of `round` that were left out; the digits.
    fn complete_round(&mut self, arguments: &mut Vec<Expr>, span: Span) -> Option<u8> {
        if arguments.len() < 2 {
            let kind = ExprKind::Literal(Value::Number(0.into()));
            arguments.push(Expr { kind, ty: Type::Number { scale: 0 }, span });
        }
        if arguments.len() < 3 {
            let mode = ROUND_MODES.first().copied().unwrap_or_default();
            arguments.push(Expr { kind: ExprKind::Literal(Value::Text(mode.to_owned())), ty: Type::Text, span });
        }
        match arguments.get(1).map(|digits| &digits.kind) {
            Some(ExprKind::Literal(Value::Number(digits))) => digits.to_u8(),
            _ => None,
        }
    }

    fn same_type(&mut self, arguments: &mut [Expr]) -> Option<()> {
        let mut ty = Type::Null;
        for argument in arguments.iter() {
            let stand_in = Expr { kind: ExprKind::Literal(Value::Null), ty: ty.clone(), span: argument.span };
            match common(&ty, &argument.ty) {
                Some(shared) => ty = shared,
                None => return self.mismatch(&stand_in, argument, argument.span),
            }
        }
        for argument in arguments {
            *argument = retyped(argument.clone(), &ty);
        }
        Some(())
    }

    fn argument(&mut self, function: Function, parameter: Parameter, argument: Expr) -> Option<Expr> {
        let whole = Type::Number { scale: 0 };
        match (parameter, &argument.ty) {
            (Parameter::Text, Type::Text)
            | (Parameter::Number | Parameter::NumberOrDate, Type::Number { .. })
            | (Parameter::Whole, Type::Number { scale: 0 })
            | (Parameter::Date | Parameter::NumberOrDate, Type::Date)
            | (Parameter::Ordered, Type::Number { .. } | Type::Date | Type::Instant | Type::Null)
            | (Parameter::Any, _) => Some(argument),
            (Parameter::Currency, Type::Text) if is_currency(&argument) => Some(argument),
            (Parameter::Measure, Type::Text) if is_measure(&argument) => Some(argument),
            (Parameter::Text | Parameter::Currency | Parameter::Measure, Type::Null) => Some(retyped(argument, &Type::Text)),
            (Parameter::Number | Parameter::NumberOrDate | Parameter::Whole, Type::Null) => Some(retyped(argument, &whole)),
            (Parameter::Date, Type::Null) => Some(retyped(argument, &Type::Date)),
            (Parameter::Date, Type::Text) => self.date_literal(function, parameter, &argument),
            (Parameter::Digits, _) => {
                let fits = matches!(&argument.kind, ExprKind::Literal(Value::Number(n)) if n.fract().is_zero() && n.to_u8().is_some_and(|n| n <= MAX_SCALE));
                if fits { Some(argument) } else { self.wrong_argument(function, parameter, &argument) }
            }
            (Parameter::Mode, _) => self.one_of(function, parameter, argument, &ROUND_MODES),
            (Parameter::Unit, _) => self.one_of(function, parameter, argument, &Unit::ALL.map(Unit::name)),
            (
                Parameter::Text
                | Parameter::Number
                | Parameter::Whole
                | Parameter::Date
                | Parameter::NumberOrDate
                | Parameter::Ordered
                | Parameter::Currency
                | Parameter::Measure,
                _,
            ) => self.wrong_argument(function, parameter, &argument),
        }
    }

    fn date_literal(&mut self, function: Function, parameter: Parameter, argument: &Expr) -> Option<Expr> {
        let read = match &argument.kind {
            ExprKind::Literal(Value::Text(text)) => read_literal(text, &Type::Date),
            _ => None,
        };
        match read {
            Some(value) => Some(Expr { kind: ExprKind::Literal(value), ty: Type::Date, span: argument.span }),
            None => self.wrong_argument(function, parameter, argument),
        }
    }

    fn one_of(&mut self, function: Function, parameter: Parameter, argument: Expr, known: &[&str]) -> Option<Expr> {
        match &argument.kind {
            ExprKind::Literal(Value::Text(text)) if known.contains(&text.as_str()) => Some(argument),
            _ => self.wrong_argument(function, parameter, &argument),
        }
    }

    fn wrong_argument(&mut self, function: Function, parameter: Parameter, argument: &Expr) -> Option<Expr> {
        let quoted = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let (wanted_zh, wanted_en) = match parameter {
            Parameter::Text => ("文本".to_owned(), "text".to_owned()),
            Parameter::Number => ("数字".to_owned(), "a number".to_owned()),
            Parameter::Whole => ("整数".to_owned(), "a whole number".to_owned()),
            Parameter::Date => ("日期".to_owned(), "a date".to_owned()),
            Parameter::NumberOrDate => ("数字或日期".to_owned(), "a number or a date".to_owned()),
            Parameter::Ordered => ("数字、日期或日期时间".to_owned(), "numbers, dates or moments".to_owned()),
            Parameter::Digits => ("0 到 12 的整数".to_owned(), "a whole number from 0 to 12, written out".to_owned()),
            Parameter::Mode => (quoted(&ROUND_MODES), format!("one of {}", quoted(&ROUND_MODES))),
            Parameter::Unit => (quoted(&Unit::ALL.map(Unit::name)), format!("one of {}", quoted(&Unit::ALL.map(Unit::name)))),
            Parameter::Currency => ("币种代码或币种字段".to_owned(), "a currency, such as \"CNY\" or a field".to_owned()),
            Parameter::Measure => ("计量单位代码或单位字段".to_owned(), "a unit, such as \"kg\" or a field".to_owned()),
            Parameter::Any => ("值".to_owned(), "a value".to_owned()),
        };
        let (zh, en) = type_name(&argument.ty);
        let name = function.name();
        let error = ExprError::new(
            "argument_type",
            argument.span,
            format!("{name} 的这个参数应为{wanted_zh}, 实际是{zh}"),
            format!("this argument of {name} must be {wanted_en}, it is {en}"),
        );
        let is_number = matches!(argument.ty, Type::Number { .. });
        self.report(match parameter {
            Parameter::Text if is_number => error.hint("用 text(…) 把数字转成文本", "text(…) turns a number into text"),
            Parameter::Whole if is_number => error.hint("请用 round(…, 0)", "wrap it in round(…, 0)"),
            Parameter::Date => error.hint("例如 date(\"2026-01-31\")", "for example date(\"2026-01-31\")"),
            Parameter::Text
            | Parameter::Number
            | Parameter::Whole
            | Parameter::NumberOrDate
            | Parameter::Ordered
            | Parameter::Digits
            | Parameter::Mode
            | Parameter::Unit
            | Parameter::Currency
            | Parameter::Measure
            | Parameter::Any => error.hint(format!("请改为{wanted_zh}"), format!("use {wanted_en}")),
        })
    }
}

/// A currency written out has three capital letters; what a field holds is seen when it is computed.
fn is_currency(argument: &Expr) -> bool {
    match &argument.kind {
        ExprKind::Literal(Value::Text(code)) => code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()),
        _ => true,
    }
}

/// A unit written out must be one that there can be; whether there is one is seen when it is computed.
fn is_measure(argument: &Expr) -> bool {
    match &argument.kind {
        ExprKind::Literal(Value::Text(code)) => (1..=MEASURE_LENGTH).contains(&code.chars().count()) && code.trim() == code,
        _ => true,
    }
}
