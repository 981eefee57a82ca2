//! From a field's document to its type, for every type that depends on no other field's type.
use super::{
    codes::Code,
    entities::reference,
    findings::{FileId, Findings},
    literals::check_pattern,
    states::state_machine,
    world::{EntityIx, Found, Slot, SlotState, World},
};
use crate::{
    catalog::{CodeList, CurrencyOf, FieldType, JsonFormat, NumberFormat, TextFormat},
    expr::{Expr, ExprKind, Span, Type},
    id::FieldId,
    model::{
        FieldDoc, FieldKind,
        field::{BoolOrExpression, OnDelete, RoundMode},
    },
    value::Value,
};

/// A field with what is needed to speak of it.
pub(super) struct Site<'a> {
    pub(super) world: &'a World,
    pub(super) entity: EntityIx,
    pub(super) app: usize,
    pub(super) file: FileId,
    pub(super) slot: &'a Slot,
    pub(super) doc: &'a FieldDoc,
}

impl Site<'_> {
    /// Pointer of one of the field's options.
    pub(super) fn at(&self, option: &str) -> String {
        format!("{}/{option}", self.slot.pointer)
    }

    /// A sibling that an option names, or a field of the parent (`parent.currency`) for owned lines.
    pub(super) fn sibling(&self, option: &str, name: &str, findings: &mut Findings) -> Option<FieldId> {
        let (entity, plain) = match (name.strip_prefix("parent."), self.world.entities.get(self.entity).and_then(|it| it.parent))
        {
            (Some(plain), Some((parent, _))) => (parent, plain),
            _ => (self.entity, name),
        };
        match self.world.slot(entity, plain) {
            Some(slot) if !matches!(slot.state, SlotState::Retired) => Some(slot.id),
            _ => {
                if let Found::No(wrong) = self.world.field(entity, plain) {
                    wrong.tell(self.file, &self.at(option), findings);
                }
                None
            }
        }
    }

    /// The entity that `entity` names.
    fn target(&self, findings: &mut Findings) -> Option<crate::EntityId> {
        let name = self.doc.entity.as_deref()?;
        match self.world.entity_named(self.app, name) {
            Found::Yes(index) => self.world.entities.get(index).map(|entity| entity.id),
            Found::Broken => None,
            Found::No(wrong) => {
                wrong.tell(self.file, &self.at("entity"), findings);
                None
            }
        }
    }
}

/// The type of a field of this kind with the options of the site's document; `None` after telling what is wrong.
///
/// Roll-ups and lookups are not made here: their type follows from other fields.
pub(super) fn type_of(site: &Site<'_>, kind: FieldKind, findings: &mut Findings) -> Option<FieldType> {
    let text = |format| FieldType::Text { format, max_length: site.doc.max_length.unwrap_or(MAX_TEXT) };
    let on_delete = site.doc.on_delete.unwrap_or_default();
    Some(match kind {
        FieldKind::Text => text(TextFormat::Plain),
        FieldKind::Email => text(TextFormat::Email),
        FieldKind::Phone => text(TextFormat::Phone),
        FieldKind::Url => text(TextFormat::Url),
        FieldKind::Barcode => text(TextFormat::Barcode),
        FieldKind::Color => text(TextFormat::Color),
        FieldKind::LongText => FieldType::LongText { rich: false },
        FieldKind::RichText => FieldType::LongText { rich: true },
        FieldKind::Integer => FieldType::Integer { rating: None },
        FieldKind::Rating => FieldType::Integer { rating: Some(stars(site, findings)) },
        FieldKind::Decimal => decimal(site, NumberFormat::Plain, 2, findings)?,
        FieldKind::Percent => decimal(site, NumberFormat::Percent, 4, findings)?,
        FieldKind::Quantity => decimal(site, NumberFormat::Quantity, 4, findings)?,
        FieldKind::Money => money(site, findings)?,
        FieldKind::Boolean => FieldType::Boolean,
        FieldKind::Date => FieldType::Date,
        FieldKind::Datetime => FieldType::DateTime,
        FieldKind::Time => FieldType::Time,
        FieldKind::Duration => FieldType::Duration,
        FieldKind::Choice => FieldType::Choice { options: options(site, findings) },
        FieldKind::Choices => FieldType::Choices { options: options(site, findings) },
        FieldKind::State => FieldType::State(state_machine(site, findings)?),
        FieldKind::Reference => FieldType::Reference { entity: site.target(findings)?, on_delete },
        FieldKind::User => person(site, "user", on_delete, findings)?,
        FieldKind::Department => person(site, "department", on_delete, findings)?,
        FieldKind::Lines => lines(site, findings)?,
        FieldKind::Links => links(site, findings)?,
        FieldKind::Country => FieldType::Code(CodeList::Country),
        FieldKind::Currency => FieldType::Code(CodeList::Currency),
        FieldKind::Language => FieldType::Code(CodeList::Language),
        FieldKind::Address => FieldType::Json(JsonFormat::Address),
        FieldKind::Location => FieldType::Json(JsonFormat::Location),
        FieldKind::Json => FieldType::Json(JsonFormat::Any),
        FieldKind::Files => files(site, findings)?,
        FieldKind::File => FieldType::Files { many: false, images: false, min: 0, max: 1 },
        FieldKind::Image | FieldKind::Signature => FieldType::Files { many: false, images: true, min: 0, max: 1 },
        FieldKind::AutoNumber => auto_number(site, findings)?,
        FieldKind::Formula => formula(site, findings)?,
        FieldKind::Rollup | FieldKind::Lookup => return None,
    })
}

/// The longest one-line text where a field sets no limit of its own.
const MAX_TEXT: u32 = 4000;

fn stars(site: &Site<'_>, findings: &mut Findings) -> u8 {
    let Some(text) = site.doc.maximum.as_deref() else { return 5 };
    text.parse::<u8>().ok().filter(|stars| (1..=10).contains(stars)).unwrap_or_else(|| {
        findings.add(site.file, &site.at("maximum"), Code::BadLiteral, &[text]);
        5
    })
}

/// Digits in all and behind the point; `None` after telling that they cannot be stored.
fn digits(site: &Site<'_>, default_scale: u8, findings: &mut Findings) -> Option<(u8, u8)> {
    let precision = site.doc.precision.unwrap_or(18);
    let scale = site.doc.scale.unwrap_or_else(|| default_scale.min(precision));
    if precision == 0 || precision > 18 || scale > 12 || scale > precision {
        let option = if site.doc.scale.is_some() { "scale" } else { "precision" };
        findings.add(site.file, &site.at(option), Code::BadScale, &[&precision.to_string(), &scale.to_string()]);
        return None;
    }
    Some((precision, scale))
}

fn decimal(site: &Site<'_>, format: NumberFormat, default_scale: u8, findings: &mut Findings) -> Option<FieldType> {
    let (precision, scale) = digits(site, default_scale, findings)?;
    if site.doc.unit.is_some() && site.doc.unit_field.is_some() {
        findings.add(site.file, &site.at("unit"), Code::ConflictingOptions, &["unit", "unit_field"]);
    }
    let unit_field = site.doc.unit_field.as_deref().and_then(|name| site.sibling("unit_field", name, findings));
    Some(FieldType::Decimal { format, precision, scale, unit_field })
}

fn money(site: &Site<'_>, findings: &mut Findings) -> Option<FieldType> {
    let (_, scale) = digits(site, 4, findings)?;
    let currency = currency_of(site, findings).unwrap_or(CurrencyOf::Base);
    Some(FieldType::Money { currency, scale, round: site.doc.round.unwrap_or(RoundMode::HalfEven) })
}

/// The currency that a document's options give.
pub(super) fn currency_of(site: &Site<'_>, findings: &mut Findings) -> Option<CurrencyOf> {
    let doc = site.doc;
    if doc.currency.is_some() && doc.currency_field.is_some() {
        findings.add(site.file, &site.at("currency"), Code::ConflictingOptions, &["currency", "currency_field"]);
    }
    if let Some(code) = &doc.currency {
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            findings.add(site.file, &site.at("currency"), Code::BadCurrency, &[code]);
        }
        return Some(CurrencyOf::Fixed(code.clone()));
    }
    let field = doc.currency_field.as_deref()?;
    site.sibling("currency_field", field, findings).map(CurrencyOf::Field)
}

fn options(site: &Site<'_>, findings: &mut Findings) -> Vec<crate::model::field::OptionDoc> {
    super::states::check_option_names(site, "options", &site.doc.options, findings);
    site.doc.options.clone()
}

fn person(site: &Site<'_>, name: &str, on_delete: OnDelete, findings: &mut Findings) -> Option<FieldType> {
    match reference(site.world, name) {
        Some(FieldType::Reference { entity, .. }) => Some(FieldType::Reference { entity, on_delete }),
        _ => {
            if !site.world.apps.iter().any(|app| app.name == "base") {
                findings.add(site.file, &site.at("type"), Code::MissingApp, &["base"]);
            }
            None
        }
    }
}

fn lines(site: &Site<'_>, findings: &mut Findings) -> Option<FieldType> {
    let entity = site.target(findings)?;
    let (min, max) = (site.doc.min.unwrap_or(0), site.doc.max.unwrap_or(MAX_LINES));
    if min > max {
        findings.add(site.file, &site.at("min"), Code::BadRange, &[&min.to_string(), &max.to_string()]);
    }
    Some(FieldType::Lines { entity, min, max, links: None })
}

/// Links, whose own entity was made when the fields were gathered.
fn links(site: &Site<'_>, findings: &mut Findings) -> Option<FieldType> {
    let target = site.target(findings)?;
    let is_lines = |entity: EntityIx| site.world.entities.get(entity).is_some_and(|work| work.parent.is_some());
    if is_lines(site.entity) || site.world.by_id.get(&target).is_some_and(|target| is_lines(*target)) {
        let option = if is_lines(site.entity) { "type" } else { "entity" };
        findings.add(site.file, &site.at(option), Code::LinksOfLines, &[&site.doc.name]);
        return None;
    }
    let required = matches!(site.doc.required, Some(BoolOrExpression::Bool(true)));
    let (min, max) = (site.doc.min.unwrap_or(0).max(u32::from(required)), site.doc.max.unwrap_or(MAX_LINKS));
    if min > max || max > MAX_LINKS {
        let option = if min > max && site.doc.min.is_some() { "min" } else { "max" };
        let most = max.min(MAX_LINKS).to_string();
        findings.add(site.file, &site.at(option), Code::BadRange, &[&min.max(max).to_string(), &most]);
        return None;
    }
    let entity = crate::EntityId(site.slot.id.0);
    site.world.by_id.contains_key(&entity).then_some(FieldType::Lines { entity, min, max, links: Some(target) })
}

/// The most files a field may hold where it sets no limit of its own.
const MAX_FILES: u32 = 100;

fn files(site: &Site<'_>, findings: &mut Findings) -> Option<FieldType> {
    let (min, max) = (site.doc.min.unwrap_or(0), site.doc.max.unwrap_or(MAX_FILES));
    if min > max {
        findings.add(site.file, &site.at("min"), Code::BadRange, &[&min.to_string(), &max.to_string()]);
        return None;
    }
    Some(FieldType::Files { many: true, images: false, min, max })
}

/// The most records that a `links` field may lead to, and the limit where it sets none of its own.
const MAX_LINKS: u32 = 1_000;

/// The most lines a record may have where a field sets no limit of its own.
const MAX_LINES: u32 = 10_000;

fn auto_number(site: &Site<'_>, findings: &mut Findings) -> Option<FieldType> {
    let pattern = site.doc.pattern.clone()?;
    let reset = site.doc.reset.unwrap_or_default();
    if !check_pattern(&pattern, reset) {
        findings.add(site.file, &site.at("pattern"), Code::BadPattern, &[&pattern]);
        return None;
    }
    giving_transition(site, findings);
    Some(FieldType::AutoNumber { pattern, reset, gapless: site.doc.gapless, assign_on: site.doc.assign_on.clone() })
}

/// The transition that gives a number must exist; a gapless number of a record with states wants one.
fn giving_transition(site: &Site<'_>, findings: &mut Findings) {
    let Some(work) = site.world.entities.get(site.entity) else { return };
    let states = work.slots.iter().filter(|slot| !matches!(slot.state, SlotState::Retired | SlotState::Broken));
    let states = states.filter_map(|slot| slot.doc.as_ref()).filter(|doc| doc.kind == FieldKind::State);
    let known: Vec<&str> = states.flat_map(|doc| &doc.transitions).map(|step| step.action.as_str()).collect();
    match &site.doc.assign_on {
        Some(action) if !known.contains(&action.as_str()) => {
            let (zh, en) = super::suggest::suggest(action, known.iter().copied());
            findings.add(site.file, &site.at("assign_on"), Code::UnknownAction, &[action, &work.name, &zh, &en]);
        }
        None if site.doc.gapless && !known.is_empty() => {
            findings.add(
                site.file,
                &site.at("gapless"),
                Code::GaplessAtCreate,
                &[&site.slot.name, known.first().copied().unwrap_or_default()],
            );
        }
        Some(_) | None => {}
    }
}

fn formula(site: &Site<'_>, findings: &mut Findings) -> Option<FieldType> {
    let result = site.doc.returns?;
    let not_a_value = matches!(
        result,
        FieldKind::Lines
            | FieldKind::Links
            | FieldKind::State
            | FieldKind::AutoNumber
            | FieldKind::Formula
            | FieldKind::Rollup
            | FieldKind::Lookup
            | FieldKind::File
            | FieldKind::Files
            | FieldKind::Image
            | FieldKind::Signature
    );
    if not_a_value {
        let name = super::options::kind_name(result);
        findings.add(
            site.file,
            &site.at("returns"),
            Code::UnknownValue,
            &[name, "结果应当是一种值类型", "a formula yields a value"],
        );
        return None;
    }
    let result = Box::new(type_of(site, result, findings)?);
    Some(FieldType::Formula { expression: placeholder(), result })
}

/// Stands in until expressions are resolved.
pub(super) fn placeholder() -> std::sync::Arc<Expr> {
    std::sync::Arc::new(Expr { kind: ExprKind::Literal(Value::Null), ty: Type::Null, span: Span::default() })
}
