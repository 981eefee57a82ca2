//! Which options each field type takes and which it needs.
use super::{
    codes::Code,
    findings::{FileId, Findings},
    world::Slot,
};
use crate::model::{FieldDoc, FieldKind};

/// Tells options that the type does not take and those that it needs; says whether all needed ones are there.
pub(super) fn check_options(slot: &Slot, doc: &FieldDoc, file: FileId, findings: &mut Findings) -> bool {
    let name = kind_name(doc.kind);
    let mut takes: Vec<&str> = takes(doc.kind).to_vec();
    if let (FieldKind::Formula, Some(result)) = (doc.kind, doc.returns) {
        takes.extend(self::takes(result).iter().filter(|option| !["max_length", "on_delete"].contains(option)));
    }
    for option in given(doc).into_iter().filter(|option| !takes.contains(option) && !common(doc.kind, option)) {
        let code = if is_computed(doc.kind) && ["default", "required"].contains(&option) {
            Code::DerivedDefault
        } else {
            Code::OptionNotForType
        };
        let subject = if code == Code::DerivedDefault { [slot.name.as_str(), option] } else { [option, name] };
        findings.add_at(file, &format!("{}/{option}", slot.pointer), super::places::At::Key, code, &subject);
    }
    let given = given(doc);
    let mut complete = true;
    for option in needs(doc).into_iter().filter(|option| !given.contains(option)) {
        if !slot.cut.iter().any(|cut| cut == option) {
            findings.add(file, &slot.pointer, Code::MissingOption, &[option, name]);
        }
        complete = false;
    }
    complete
}

/// The type's name as documents write it.
pub(super) fn kind_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::LongText => "long_text",
        FieldKind::RichText => "rich_text",
        FieldKind::Integer => "integer",
        FieldKind::Decimal => "decimal",
        FieldKind::Money => "money",
        FieldKind::Percent => "percent",
        FieldKind::Quantity => "quantity",
        FieldKind::Boolean => "boolean",
        FieldKind::Date => "date",
        FieldKind::Datetime => "datetime",
        FieldKind::Time => "time",
        FieldKind::Duration => "duration",
        FieldKind::Choice => "choice",
        FieldKind::Choices => "choices",
        FieldKind::State => "state",
        FieldKind::Reference => "reference",
        FieldKind::Lines => "lines",
        FieldKind::Links => "links",
        FieldKind::User => "user",
        FieldKind::Department => "department",
        FieldKind::Email => "email",
        FieldKind::Phone => "phone",
        FieldKind::Url => "url",
        FieldKind::Country => "country",
        FieldKind::Currency => "currency",
        FieldKind::Language => "language",
        FieldKind::Address => "address",
        FieldKind::File => "file",
        FieldKind::Files => "files",
        FieldKind::Image => "image",
        FieldKind::Signature => "signature",
        FieldKind::Barcode => "barcode",
        FieldKind::AutoNumber => "auto_number",
        FieldKind::Formula => "formula",
        FieldKind::Rollup => "rollup",
        FieldKind::Lookup => "lookup",
        FieldKind::Location => "location",
        FieldKind::Color => "color",
        FieldKind::Rating => "rating",
        FieldKind::Json => "json",
    }
}

/// Whether fields of the type have a smallest and a largest value.
pub(super) fn takes_limits(kind: FieldKind) -> bool {
    takes(kind).contains(&"minimum")
}

/// Whether the engine computes or gives the value.
fn is_computed(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Formula | FieldKind::Rollup | FieldKind::Lookup | FieldKind::AutoNumber)
}

/// Options every field takes, with the exceptions.
fn common(kind: FieldKind, option: &str) -> bool {
    let many = matches!(kind, FieldKind::Lines | FieldKind::Links);
    let structured = many
        || matches!(
            kind,
            FieldKind::Choices
                | FieldKind::Address
                | FieldKind::File
                | FieldKind::Files
                | FieldKind::Image
                | FieldKind::Signature
                | FieldKind::Location
                | FieldKind::Json
        );
    match option {
        "system" => !many,
        "sensitive" => is_hideable(kind),
        "reveals" => is_computed(kind),
        "required" => !is_computed(kind),
        "default" => !is_computed(kind) && !many,
        "unique" => !structured,
        "searchable" => is_findable(kind),
        "translatable" => is_words(kind),
        _ => false,
    }
}

/// Whether values of the type are written in a language.
pub(super) fn is_words(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Text | FieldKind::LongText | FieldKind::RichText)
}

/// Whether values of the type say enough to be worth hiding: an encrypted yes or no tells itself by how often it occurs.
fn is_hideable(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Text
            | FieldKind::LongText
            | FieldKind::RichText
            | FieldKind::Email
            | FieldKind::Phone
            | FieldKind::Url
            | FieldKind::Barcode
            | FieldKind::Integer
            | FieldKind::Decimal
            | FieldKind::Percent
            | FieldKind::Money
            | FieldKind::Quantity
            | FieldKind::Date
            | FieldKind::Datetime
            | FieldKind::Time
            | FieldKind::Duration
    )
}

/// Whether values of the type are words that somebody can search for.
fn is_findable(kind: FieldKind) -> bool {
    !matches!(
        kind,
        FieldKind::Lines
            | FieldKind::Links
            | FieldKind::Choices
            | FieldKind::Boolean
            | FieldKind::Datetime
            | FieldKind::Time
            | FieldKind::Reference
            | FieldKind::User
            | FieldKind::Department
            | FieldKind::Address
            | FieldKind::File
            | FieldKind::Files
            | FieldKind::Image
            | FieldKind::Signature
            | FieldKind::Location
            | FieldKind::Json
    )
}

/// Options of the type itself.
fn takes(kind: FieldKind) -> &'static [&'static str] {
    match kind {
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::RichText
        | FieldKind::Email
        | FieldKind::Phone
        | FieldKind::Url
        | FieldKind::Barcode => &["max_length"],
        FieldKind::Integer | FieldKind::Date | FieldKind::Datetime | FieldKind::Time | FieldKind::Duration => {
            &["minimum", "maximum"]
        }
        FieldKind::Rating => &["maximum"],
        FieldKind::Decimal | FieldKind::Percent => &["precision", "scale", "minimum", "maximum"],
        FieldKind::Money => &["precision", "scale", "minimum", "maximum", "currency_field", "currency", "round"],
        FieldKind::Quantity => &["precision", "scale", "minimum", "maximum", "unit_field", "unit"],
        FieldKind::Choice | FieldKind::Choices => &["options"],
        FieldKind::State => &["states", "initial", "transitions"],
        FieldKind::Reference => &["entity", "on_delete"],
        FieldKind::User | FieldKind::Department => &["on_delete"],
        FieldKind::Lines => &["entity", "min", "max"],
        FieldKind::Links => &["entity", "min", "max", "on_delete"],
        FieldKind::Files => &["min", "max"],
        FieldKind::AutoNumber => &["pattern", "reset", "gapless", "assign_on"],
        FieldKind::Formula => &["expression", "returns"],
        FieldKind::Rollup => &[
            "of",
            "function",
            "field",
            "filter",
            "scale",
            "currency_field",
            "currency",
            "round",
            "unit_field",
            "unit",
            "minimum",
            "maximum",
        ],
        FieldKind::Lookup => &["field", "copied"],
        FieldKind::Boolean
        | FieldKind::Country
        | FieldKind::Currency
        | FieldKind::Language
        | FieldKind::Address
        | FieldKind::File
        | FieldKind::Image
        | FieldKind::Signature
        | FieldKind::Location
        | FieldKind::Color
        | FieldKind::Json => &[],
    }
}

/// Options without which the type means nothing.
fn needs(doc: &FieldDoc) -> Vec<&'static str> {
    let of_kind: &[&'static str] = match doc.kind {
        FieldKind::Choice | FieldKind::Choices => &["options"],
        FieldKind::State => &["states", "initial"],
        FieldKind::Reference | FieldKind::Lines | FieldKind::Links => &["entity"],
        FieldKind::AutoNumber => &["pattern"],
        FieldKind::Formula => &["expression", "returns"],
        FieldKind::Rollup if doc.function == Some(crate::model::field::RollupFunction::Count) => &["of", "function"],
        FieldKind::Rollup => &["of", "function", "field"],
        FieldKind::Lookup => &["field"],
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::RichText
        | FieldKind::Integer
        | FieldKind::Decimal
        | FieldKind::Money
        | FieldKind::Percent
        | FieldKind::Quantity
        | FieldKind::Boolean
        | FieldKind::Date
        | FieldKind::Datetime
        | FieldKind::Time
        | FieldKind::Duration
        | FieldKind::User
        | FieldKind::Department
        | FieldKind::Email
        | FieldKind::Phone
        | FieldKind::Url
        | FieldKind::Country
        | FieldKind::Currency
        | FieldKind::Language
        | FieldKind::Address
        | FieldKind::File
        | FieldKind::Files
        | FieldKind::Image
        | FieldKind::Signature
        | FieldKind::Barcode
        | FieldKind::Location
        | FieldKind::Color
        | FieldKind::Rating
        | FieldKind::Json => &[],
    };
    let mut needs = of_kind.to_vec();
    if doc.kind == FieldKind::Formula {
        match doc.returns {
            Some(FieldKind::Reference) => needs.push("entity"),
            Some(FieldKind::Choice | FieldKind::Choices) => needs.push("options"),
            Some(_) | None => {}
        }
    }
    needs
}

/// The options a field sets, by name.
fn given(doc: &FieldDoc) -> Vec<&'static str> {
    let all: [(&'static str, bool); 36] = [
        ("required", doc.required.is_some()),
        ("unique", doc.unique),
        ("default", doc.default.is_some()),
        ("searchable", doc.searchable),
        ("translatable", doc.translatable),
        ("sensitive", doc.sensitive),
        ("system", doc.system),
        ("max_length", doc.max_length.is_some()),
        ("precision", doc.precision.is_some()),
        ("scale", doc.scale.is_some()),
        ("minimum", doc.minimum.is_some()),
        ("maximum", doc.maximum.is_some()),
        ("currency_field", doc.currency_field.is_some()),
        ("currency", doc.currency.is_some()),
        ("round", doc.round.is_some()),
        ("unit_field", doc.unit_field.is_some()),
        ("unit", doc.unit.is_some()),
        ("options", !doc.options.is_empty()),
        ("states", !doc.states.is_empty()),
        ("initial", doc.initial.is_some()),
        ("transitions", !doc.transitions.is_empty()),
        ("entity", doc.entity.is_some()),
        ("on_delete", doc.on_delete.is_some()),
        ("min", doc.min.is_some()),
        ("max", doc.max.is_some()),
        ("pattern", doc.pattern.is_some()),
        ("reset", doc.reset.is_some()),
        ("gapless", doc.gapless),
        ("assign_on", doc.assign_on.is_some()),
        ("expression", doc.expression.is_some()),
        ("returns", doc.returns.is_some()),
        ("of", doc.of.is_some()),
        ("function", doc.function.is_some()),
        ("field", doc.field.is_some()),
        ("filter", doc.filter.is_some()),
        ("reveals", doc.reveals),
    ];
    let mut given: Vec<&'static str> = all.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect();
    if doc.copied {
        given.push("copied");
    }
    given
}
