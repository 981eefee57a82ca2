//! Random expressions as text, right in names and types, so that the parser and the resolver take part too.
use super::random::Random;

/// How deep the trees go.
const DEPTH: usize = 4;

/// What an expression yields.
#[derive(Clone, Copy)]
enum Wanted {
    Condition,
    Number,
    Text,
    Day,
}

/// One expression of any type.
pub(super) fn expression(random: &mut Random) -> String {
    let wanted = *random.one_of(&[Wanted::Condition, Wanted::Number, Wanted::Number, Wanted::Text, Wanted::Day]);
    Writer { random, line: false }.write(wanted, DEPTH)
}

struct Writer<'r> {
    random: &'r mut Random,
    /// Inside `|l| …`.
    line: bool,
}

impl Writer<'_> {
    fn write(&mut self, wanted: Wanted, depth: usize) -> String {
        if depth == 0 || self.random.chance(15) {
            return self.leaf(wanted);
        }
        let depth = depth - 1;
        match self.random.below(10) {
            0 => {
                let (condition, then, otherwise) = (self.condition(depth), self.write(wanted, depth), self.write(wanted, depth));
                format!("(if {condition} {{ {then} }} else {{ {otherwise} }})")
            }
            1 => format!("({} ?? {})", self.write(wanted, depth), self.write(wanted, depth)),
            _ => match wanted {
                Wanted::Condition => self.condition(depth),
                Wanted::Number => self.number(depth),
                Wanted::Text => self.text(depth),
                Wanted::Day => self.day(depth),
            },
        }
    }

    fn leaf(&mut self, wanted: Wanted) -> String {
        let record: &[&str] = match wanted {
            Wanted::Condition => &["yes", "no", "true", "false", "is_null(tags)", "is_null(place)", "(partner == null)"],
            Wanted::Number => {
                &["whole", "other", "amount", "price", "rate", "partner.rate", "lines.count", "2", "0.5", "1.005", "-3", "null"]
            }
            Wanted::Text => &[
                "text",
                "code",
                "grade",
                "partner.name",
                "partner.head.name",
                "user.name",
                "\"茶\"",
                "\"a\"",
                "\"\"",
                "\"😀%_\"",
            ],
            Wanted::Day => {
                &["day", "until", "partner.since", "today()", "date(\"2024-02-29\")", "lines.max(day)", "lines.min(day)"]
            }
        };
        let line: &[&str] = match wanted {
            Wanted::Condition => &["l.ok", "(l.partner == partner)", "(l.partner != null)"],
            Wanted::Number => &["l.qty", "l.price", "l.partner.rate"],
            Wanted::Text => &["l.note", "l.partner.country"],
            Wanted::Day => &["l.day", "l.partner.since"],
        };
        let from = if self.line && self.random.chance(60) { line } else { record };
        let chosen = *self.random.one_of(from);
        // A null beside a null has no type of its own.
        if chosen == "null" { "(whole + null)".to_owned() } else { chosen.to_owned() }
    }

    fn comparison(&mut self, depth: usize) -> String {
        let sign = *self.random.one_of(&["==", "!=", "<", "<=", ">", ">="]);
        let wanted = *self.random.one_of(&[Wanted::Number, Wanted::Text, Wanted::Day]);
        // A choice is compared as text that was computed, so that any text may stand on the other side.
        let side = |writer: &mut Self| match writer.write(wanted, depth) {
            plain if plain == "grade" => "(grade + \"\")".to_owned(),
            other => other,
        };
        format!("({} {sign} {})", side(self), side(self))
    }

    fn condition(&mut self, depth: usize) -> String {
        let of = Wanted::Condition;
        match self.random.below(14) {
            0 | 1 => format!("({} && {})", self.write(of, depth), self.write(of, depth)),
            2 | 3 => format!("({} || {})", self.write(of, depth), self.write(of, depth)),
            4 | 5 => format!("!{}", self.write(of, depth)),
            6 => {
                let wanted = *self.random.one_of(&[Wanted::Number, Wanted::Text, Wanted::Day, of]);
                format!("is_null({})", self.write(wanted, depth))
            }
            7 => {
                let name = *self.random.one_of(&["contains", "starts_with", "ends_with"]);
                format!("{name}({}, {})", self.write(Wanted::Text, depth), self.write(Wanted::Text, depth))
            }
            8 => {
                let wanted = *self.random.one_of(&[Wanted::Number, Wanted::Day]);
                let list: Vec<String> = (0..3).map(|_| self.write(wanted, depth)).collect();
                format!("({} in [{}])", self.write(wanted, depth), list.join(", "))
            }
            9 => (*self.random.one_of(&[
                "(\"red\" in tags)",
                "(grade in [\"A\", \"B\"])",
                "(grade == \"A\")",
                "(at < now())",
                "(at == now())",
                "(clock >= time(\"08:30\"))",
            ]))
            .to_owned(),
            10 if !self.line => {
                let name = *self.random.one_of(&["any", "all"]);
                format!("{}.{name}({})", self.lines(depth), self.body(of, depth))
            }
            _ => self.comparison(depth),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        let of = Wanted::Number;
        match self.random.below(16) {
            0..=2 => format!("({} + {})", self.write(of, depth), self.write(of, depth)),
            3 | 4 => format!("({} - {})", self.write(of, depth), self.write(of, depth)),
            5 | 6 => format!("({} * {})", self.write(of, depth), self.write(of, depth)),
            7 => {
                // A divisor that is zero is not often what is tested.
                let divisor = self.write(of, depth);
                let safe = *self.random.one_of(&["4", "-3", "0.7", "7", "(abs(price) + 1)", "(whole ?? 1)"]);
                format!("({} / {})", self.write(of, depth), if self.random.chance(10) { &divisor } else { safe })
            }
            8 => format!("-({})", self.write(of, depth)),
            9 => {
                let mode = *self.random.one_of(&["half_even", "half_up", "down", "up"]);
                let digits = self.random.below(5);
                format!("round({}, {digits}, \"{mode}\")", self.write(of, depth))
            }
            10 => format!("{}({})", self.random.one_of(&["abs", "floor", "ceil"]), self.write(of, depth)),
            11 => format!("{}({}, {})", self.random.one_of(&["min", "max"]), self.write(of, depth), self.write(of, depth)),
            12 => format!("len({})", self.write(Wanted::Text, depth)),
            13 => {
                let part = *self.random.one_of(&["year", "month", "day", "weekday"]);
                format!("{part}({})", self.write(Wanted::Day, depth))
            }
            14 => format!("days_between({}, {})", self.write(Wanted::Day, depth), self.write(Wanted::Day, depth)),
            _ if self.line => self.leaf(of),
            _ => {
                let name = *self.random.one_of(&["sum", "average", "min", "max", "count"]);
                let lines = self.lines(depth);
                if name == "count" { format!("{lines}.count()") } else { format!("{lines}.{name}({})", self.body(of, depth)) }
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let of = Wanted::Text;
        match self.random.below(8) {
            0 | 1 => format!("({} + {})", self.write(of, depth), self.write(of, depth)),
            2 => format!("{}({})", self.random.one_of(&["upper", "lower", "trim"]), self.write(of, depth)),
            3 => {
                let (start, length) = (self.random.below(5), self.random.below(5));
                format!("substring({}, {start}, {length} - 1)", self.write(of, depth))
            }
            4 => format!("replace({}, {}, {})", self.write(of, depth), self.write(of, depth), self.write(of, depth)),
            5 => format!("concat({}, {})", self.write(of, depth), self.write(of, depth)),
            6 => format!("text({})", self.write(Wanted::Number, depth)),
            _ => format!("text({})", self.write(Wanted::Day, depth)),
        }
    }

    fn day(&mut self, depth: usize) -> String {
        let of = Wanted::Day;
        match self.random.below(6) {
            0 => format!(
                "add_days({}, {})",
                self.write(of, depth),
                self.random.one_of(&["1", "-1", "whole", "30", "floor(price)"])
            ),
            1 => format!("add_months({}, {})", self.write(of, depth), self.random.one_of(&["1", "-1", "12", "other", "-13"])),
            2 | 3 => {
                let name = *self.random.one_of(&["start_of", "end_of"]);
                let unit = *self.random.one_of(&["year", "quarter", "month", "week"]);
                format!("{name}(\"{unit}\", {})", self.write(of, depth))
            }
            _ => format!("{}({}, {})", self.random.one_of(&["min", "max"]), self.write(of, depth), self.write(of, depth)),
        }
    }

    fn lines(&mut self, depth: usize) -> String {
        if self.random.chance(70) {
            return "lines".to_owned();
        }
        format!("lines.filter({})", self.body(Wanted::Condition, depth))
    }

    fn body(&mut self, wanted: Wanted, depth: usize) -> String {
        let mut inner = Writer { random: &mut *self.random, line: true };
        format!("|l| {}", inner.write(wanted, depth.min(2)))
    }
}
