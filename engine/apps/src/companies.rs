//! The companies of a tenant: which one is the default, whose currency, zone and settings hold where; and the cache of that.
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use kontor_access::{Action, Rights, decide};
use kontor_definitions::{
    Entity, FieldId, RecordId, Value,
    expr::{Expr, ExprKind, Function, Span, Type, eval::CompanyValues},
};
use kontor_storage::{Archived, Query, Row, Tx, query::Path, zone};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    act::Act,
    error::AppError,
    people,
    rights::{base_entity, definer, field},
    snapshot::Snapshot,
};

/// Companies and people with a company of their own at most; a tenant has a handful.
const MOST: u32 = 100_000;

/// The companies of a tenant, archived ones included, and whose people are whose.
#[derive(Clone, Debug, Default)]
pub struct Companies {
    all: Vec<Company>,
    default: Option<usize>,
    of_person: HashMap<Uuid, Uuid>,
    none: CompanyValues,
}

/// A company as expressions and the engine see it.
#[derive(Clone, Debug)]
pub struct Company {
    /// Its record.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its base currency.
    pub currency: Option<String>,
    /// Its business zone; none for the server's.
    pub zone: Option<String>,
    /// Where no rate is young enough, the last known one is taken with a warning.
    pub uses_last_rate: bool,
    /// It says that it is the default.
    pub is_marked: bool,
    /// It is archived.
    pub archived: bool,
    /// Its entered values by field, its id included.
    pub values: CompanyValues,
}

impl Companies {
    /// Reads the companies as definer.
    pub fn read(tx: &mut Tx, snapshot: &Snapshot, now: OffsetDateTime) -> Result<Self, AppError> {
        let company = base_entity(snapshot, "company")?;
        let definer = definer(snapshot);
        let values = company.fields.iter().filter(|field| {
            field.class == kontor_definitions::catalog::FieldClass::Input && field.column().is_some() && field.id != FieldId::ID
        });
        let fields: Vec<FieldId> = std::iter::once(FieldId::ID).chain(values.map(|field| field.id)).collect();
        let rows = select(tx, (snapshot, &definer, now), company, &fields, None)?;
        let mut all: Vec<Company> = rows.into_iter().filter_map(|row| of_row(company, &fields, row)).collect();
        all.sort_by_key(|company| company.id);
        let live = |place: &usize| all.get(*place).is_some_and(|company| !company.archived);
        let marked = |place: &usize| all.get(*place).is_some_and(|company| company.is_marked);
        let default = (0..all.len()).find(|place| live(place) && marked(place)).or_else(|| (0..all.len()).find(live));
        let people = base_entity(snapshot, "user")?;
        let of_person = match field(people, "company") {
            Ok(own) => {
                let rows = select(tx, (snapshot, &definer, now), people, &[FieldId::ID, own], Some(own))?;
                rows.into_iter().filter_map(pair).collect()
            }
            Err(_older_base) => HashMap::new(),
        };
        Ok(Self { all, default, of_person, none: CompanyValues::default() })
    }

    /// The company that stands in where records have none of their own: the live one marked so, else the oldest live one.
    pub fn default(&self) -> Option<&Company> {
        self.default.and_then(|place| self.all.get(place))
    }

    /// Every company, the oldest first.
    pub fn all(&self) -> &[Company] {
        &self.all
    }

    /// The company of that id.
    pub fn get(&self, id: Uuid) -> Option<&Company> {
        self.all.iter().find(|company| company.id == id)
    }

    /// The company of new records of a person: their own, else the default one.
    pub fn of_person(&self, person: RecordId) -> Option<&Company> {
        let own = self.of_person.get(&person.0).and_then(|id| self.get(*id)).filter(|company| !company.archived);
        own.or_else(|| self.default())
    }

    /// The values of the default company.
    pub fn default_values(&self) -> &CompanyValues {
        self.default().map_or(&self.none, |company| &company.values)
    }
}

impl Company {
    /// The day on which a moment falls in its zone; none where it has none of its own.
    pub fn day(&self, now: OffsetDateTime) -> Option<Date> {
        zone::day(now, self.zone.as_deref()?)
    }
}

fn of_row(entity: &Entity, fields: &[FieldId], row: Row) -> Option<Company> {
    let values: BTreeMap<FieldId, Value> = fields.iter().copied().zip(row).collect();
    let named = |name: &str| entity.field_named(name).and_then(|field| values.get(&field.id));
    let text = |name: &str| match named(name) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    let Some(Value::Id(id)) = values.get(&FieldId::ID) else { return None };
    Some(Company {
        id: *id,
        name: text("name").unwrap_or_default(),
        currency: text("currency"),
        zone: text("zone"),
        uses_last_rate: text("rate_gap").as_deref() == Some("warn_use_last"),
        is_marked: named("is_default") == Some(&Value::Bool(true)),
        archived: values.get(&FieldId::ARCHIVED_AT).is_some_and(|at| !at.is_null()),
        values: Arc::new(values),
    })
}

fn pair(row: Row) -> Option<(Uuid, Uuid)> {
    match <[Value; 2]>::try_from(row) {
        Ok([Value::Id(person), Value::Id(company)]) => Some((person, company)),
        Ok(_) | Err(_) => None,
    }
}

/// Columns of an entity of `base`, of records that have a value in `given`.
fn select(
    tx: &mut Tx,
    (snapshot, definer, now): (&Snapshot, &Rights, OffsetDateTime),
    entity: &Entity,
    fields: &[FieldId],
    given: Option<FieldId>,
) -> Result<Vec<Row>, AppError> {
    let permit = decide(definer, Action::Read, entity.id)
        .map_err(|_denied| AppError::Bug("the definer may read everything".to_owned()))?;
    let columns: Vec<Path> = fields.iter().map(|field| vec![*field]).collect();
    let filter = given.and_then(|field| Some(Arc::new(is_given(entity, field)?)));
    let query =
        Query { entity: entity.id, columns, filter, sort: Vec::new(), after: None, limit: MOST, archived: Archived::With };
    Ok(tx.select(snapshot.context(definer, now, now.date()), permit, &query)?)
}

/// `!is_null(field)`
fn is_given(entity: &Entity, field: FieldId) -> Option<Expr> {
    let ty = Type::of(&entity.field(field)?.ty);
    let node = |kind, ty| Expr { kind, ty, span: Span::default() };
    let field = node(ExprKind::Field { scope: 0, path: vec![field] }, ty);
    let is_null = node(ExprKind::Call { function: Function::IsNull, arguments: vec![field] }, Type::Boolean);
    Some(node(ExprKind::Not(Box::new(is_null)), Type::Boolean))
}

/// The company that a tenant has from its first day; nothing where it has one already.
pub(crate) fn insert_first(tx: &mut Tx, snapshot: &Snapshot, title: &str, act: Act) -> Result<(), AppError> {
    if !Companies::read(tx, snapshot, act.at)?.all.is_empty() {
        return Ok(());
    }
    let company = base_entity(snapshot, "company")?;
    let name: String = title.chars().take(LONGEST_NAME).collect();
    let values = [
        ("name", Value::Text(name)),
        ("code", Value::Text("MAIN".to_owned())),
        ("currency", Value::Text("CNY".to_owned())),
        ("is_default", Value::Bool(true)),
        ("rate_gap", Value::Text("error".to_owned())),
    ];
    people::row(tx, snapshot, company, act.luck().record(), &values, act)
}

/// The length of a company's name.
const LONGEST_NAME: usize = 200;

/// Companies and what they hold for: revision and version of rights, which every write of a company or person moves on.
type Held = ((i64, i64), Arc<Companies>);

/// The companies of a tenant, thrown away when anything they depend on changes.
#[derive(Default)]
pub(crate) struct CompaniesCache(Mutex<Option<Held>>);

impl CompaniesCache {
    pub(crate) fn get(&self, key: (i64, i64)) -> Option<Arc<Companies>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(of, _)| *of == key).map(|(_, companies)| Arc::clone(companies))
    }

    pub(crate) fn put(&self, key: (i64, i64), companies: &Arc<Companies>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_none_or(|(of, _)| *of < key) {
            *held = Some((key, Arc::clone(companies)));
        }
    }
}
