//! The rights of a person: the roles assigned to them that hold today, compiled; and the cache of that.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use kontor_access::{Action, Actor, Permit, Rights, decide};
use kontor_definitions::{
    Entity, FieldId, RecordId, RoleId, Value,
    expr::{BinaryOp, Expr, ExprKind, Span, Type},
    model::role::Scope,
};
use kontor_storage::{Archived, Query, Row, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{error::AppError, snapshot::Snapshot};

/// Departments of a tenant.
const MOST_DEPARTMENTS: u32 = 100_000;

/// What cached rights hold for: revision, version of rights, day.
pub(crate) type RightsKey = (i64, i64, Date);

/// Rights by person, and what they hold for.
type Held = (RightsKey, HashMap<RecordId, Arc<Rights>>);

/// Rights by person, thrown away whole when anything they depend on changes.
#[derive(Default)]
pub(crate) struct RightsCache(Mutex<Option<Held>>);

impl RightsCache {
    pub(crate) fn get(&self, key: RightsKey, user: RecordId) -> Option<Arc<Rights>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(of, _)| *of == key).and_then(|(_, rights)| rights.get(&user).map(Arc::clone))
    }

    pub(crate) fn put(&self, key: RightsKey, user: RecordId, rights: &Arc<Rights>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.as_mut() {
            Some((of, all)) if *of == key => drop(all.insert(user, Arc::clone(rights))),
            // A slower transaction with older rights does not push out newer ones.
            Some((of, _)) if *of > key => {}
            Some(_) | None => *held = Some((key, HashMap::from([(user, Arc::clone(rights))]))),
        }
    }
}

/// Reads the person and their assignments as definer and compiles their roles.
pub(crate) fn read(
    tx: &mut Tx,
    snapshot: &Snapshot,
    user: RecordId,
    now: OffsetDateTime,
    today: Date,
) -> Result<Rights, AppError> {
    let nobody = Actor { user, name: String::new(), department: None, below: Vec::new(), roles: Vec::new() };
    let reader = Reader::new(snapshot, now, today);
    let people = reader.rows(tx, "user", FieldId::ID, user, &["name", "department", "active"])?;
    let Some([name, department, active]) = people.into_iter().next().and_then(|row| <[Value; 3]>::try_from(row).ok()) else {
        return Ok(Rights::of(&snapshot.catalog, nobody));
    };
    if active != Value::Bool(true) {
        return Ok(Rights::of(&snapshot.catalog, nobody));
    }
    let of_user = reader.field("role_assignment", "user")?;
    let assigned = reader.rows(tx, "role_assignment", of_user, user, &["role", "from", "to"])?;
    let mut roles = Vec::new();
    for row in assigned {
        let Ok([role, from, to]) = <[Value; 3]>::try_from(row) else { continue };
        if let Some(id) = role_of(&role)
            && holds(&from, &to, today)
            && !roles.contains(&id)
        {
            roles.push(id);
        }
    }
    roles.sort_unstable();
    let name = if let Value::Text(name) = name { name } else { String::new() };
    let department = if let Value::Id(id) = department { Some(id) } else { None };
    let below = match department {
        Some(top) if reach_below(snapshot, &roles) => reader.below(tx, top)?,
        Some(_) | None => Vec::new(),
    };
    Ok(Rights::of(&snapshot.catalog, Actor { user, name, department, below, roles }))
}

/// Whether one of the roles reaches what belongs to departments below.
fn reach_below(snapshot: &Snapshot, roles: &[RoleId]) -> bool {
    let granted = roles.iter().filter_map(|role| snapshot.catalog.roles.get(role)).flat_map(|role| role.entities.values());
    granted.flat_map(|rights| [rights.read, rights.update, rights.delete]).any(|scope| scope == Scope::DepartmentBelow)
}

fn role_of(value: &Value) -> Option<RoleId> {
    if let Value::Text(text) = value { text.parse().ok().map(RoleId) } else { None }
}

fn holds(from: &Value, to: &Value, today: Date) -> bool {
    let begun = !matches!(from, Value::Date(from) if *from > today);
    let ended = matches!(to, Value::Date(to) if *to < today);
    begun && !ended
}

/// Reads rows of `base` as definer.
struct Reader<'a> {
    snapshot: &'a Snapshot,
    definer: Rights,
    now: OffsetDateTime,
    today: Date,
}

impl<'a> Reader<'a> {
    fn new(snapshot: &'a Snapshot, now: OffsetDateTime, today: Date) -> Self {
        Self { snapshot, definer: definer(snapshot), now, today }
    }

    fn rows(&self, tx: &mut Tx, entity: &str, by: FieldId, id: RecordId, columns: &[&str]) -> Result<Vec<Row>, AppError> {
        let known = base_entity(self.snapshot, entity)?;
        let columns = columns.iter().map(|name| field(known, name).map(|id| vec![id])).collect::<Result<_, _>>()?;
        let query = Query {
            entity: known.id,
            columns,
            filter: Some(Arc::new(equals(by, known, id))),
            sort: Vec::new(),
            after: None,
            limit: 1_000,
            archived: Archived::Without,
        };
        let context = self.snapshot.context(&self.definer, self.now, self.today);
        Ok(tx.select(context, self.permit(known)?, &query)?)
    }

    /// A department with all below it, in the order of their ids. Archived ones keep their place: what belongs to them
    /// is not lost to those above.
    fn below(&self, tx: &mut Tx, top: Uuid) -> Result<Vec<Uuid>, AppError> {
        let known = base_entity(self.snapshot, "department")?;
        let query = Query {
            entity: known.id,
            columns: vec![vec![FieldId::ID], vec![field(known, "parent")?]],
            filter: None,
            sort: Vec::new(),
            after: None,
            limit: MOST_DEPARTMENTS,
            archived: Archived::With,
        };
        let context = self.snapshot.context(&self.definer, self.now, self.today);
        let rows = tx.select(context, self.permit(known)?, &query)?;
        let mut parts: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for row in rows {
            if let Ok([Value::Id(id), Value::Id(parent)]) = <[Value; 2]>::try_from(row) {
                parts.entry(parent).or_default().push(id);
            }
        }
        // A circle of departments ends where it began.
        let (mut reached, mut open) = (BTreeSet::new(), vec![top]);
        while let Some(id) = open.pop() {
            if reached.insert(id) {
                open.extend(parts.get(&id).into_iter().flatten());
            }
        }
        Ok(reached.into_iter().collect())
    }

    fn permit(&self, entity: &Entity) -> Result<&Permit, AppError> {
        decide(&self.definer, Action::Read, entity.id)
            .map_err(|_denied| AppError::Bug("the definer may read everything".to_owned()))
    }

    fn field(&self, entity: &str, name: &str) -> Result<FieldId, AppError> {
        field(base_entity(self.snapshot, entity)?, name)
    }
}

/// The rights of the engine itself: who somebody is and which roles they have is known before any right of theirs is.
pub(crate) fn definer(snapshot: &Snapshot) -> Rights {
    Rights::definer(&snapshot.catalog)
}

/// An entity of the engine's own app.
pub(crate) fn base_entity<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a Entity, AppError> {
    let found = snapshot.catalog.entity_named(&format!("base.{name}"));
    found.map(AsRef::as_ref).ok_or_else(|| AppError::Bug(format!("base has no entity {name}")))
}

/// A field of an entity of the engine's own app.
pub(crate) fn field(entity: &Entity, name: &str) -> Result<FieldId, AppError> {
    let found = entity.field_named(name).map(|field| field.id);
    found.ok_or_else(|| AppError::Bug(format!("{} has no field {name}", entity.full_name())))
}

/// `field == id`
fn equals(field: FieldId, of: &Entity, id: RecordId) -> Expr {
    let ty = Type::Record(of.id);
    let side = |kind| Box::new(Expr { kind, ty: ty.clone(), span: Span::default() });
    let left = side(ExprKind::Field { scope: 0, path: vec![field] });
    let right = side(ExprKind::Literal(Value::Id(id.0)));
    Expr { kind: ExprKind::Binary { op: BinaryOp::Equal, left, right }, ty: Type::Boolean, span: Span::default() }
}
