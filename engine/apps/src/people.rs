//! The people of a tenant: a login in the control database, a `base.user` record and assigned roles in the tenant.
//! Both sides are written in steps that may be repeated, the control side first.
use kontor_access::{Action, decide};
use kontor_definitions::{Entity, FieldId, RecordId, RoleId, TenantId, Value, catalog::Catalog};
use kontor_storage::{
    ControlDb, Queue, Tx,
    control::{
        logins::{self, Login},
        memberships,
    },
    system::{
        event::{self, Event, Kind},
        history, state,
    },
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    access,
    act::Act,
    error::AppError,
    rights::{base_entity, definer, field},
    search,
    snapshot::Snapshot,
};

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Address to sign in with.
    pub email: String,
    /// Shown name.
    pub name: String,
    /// The argon2 hash of the password; left alone when the address has a login already.
    pub password_hash: String,
    /// Language of messages.
    pub locale: String,
    /// Roles as `app.role`.
    pub roles: Vec<String>,
}

/// Makes sure that the address has a login; answers its id.
pub(crate) fn login(control: &ControlDb, user: &NewUser, act: Act) -> Result<Uuid, AppError> {
    let user = user.clone();
    control.write_blocking(Queue::Interactive, move |tx| {
        if let Some(known) = logins::find(tx, &user.email)? {
            return Ok(known.id);
        }
        let id = act.luck().record().0;
        let login = Login {
            id,
            email: user.email.clone(),
            password_hash: user.password_hash.clone(),
            failed_count: 0,
            locked_until: None,
            locale: user.locale.clone(),
            created_at: act.at,
        };
        logins::insert(tx, &login)?;
        Ok::<_, AppError>(id)
    })
}

/// The user a login has in a tenant, if it belongs to it.
pub(crate) fn member(control: &ControlDb, login: Uuid, tenant: TenantId) -> Result<Option<RecordId>, AppError> {
    control.read_blocking(move |tx| Ok::<_, AppError>(memberships::find(tx, login, tenant)?.map(|found| found.user)))
}

/// Makes a login a user of a tenant.
pub(crate) fn join(control: &ControlDb, login: Uuid, tenant: TenantId, user: RecordId) -> Result<(), AppError> {
    control.write_blocking(Queue::Interactive, move |tx| memberships::put(tx, login, tenant, user).map_err(AppError::from))
}

/// The roles called `app.role`.
pub(crate) fn roles(catalog: &Catalog, names: &[String]) -> Result<Vec<RoleId>, AppError> {
    names
        .iter()
        .map(|name| {
            let found = catalog.roles.iter().find(|(_, role)| format!("{}.{}", role.app, role.name) == *name);
            found.map(|(id, _)| *id).ok_or_else(|| AppError::UnknownRole(name.clone()))
        })
        .collect()
}

/// The live user with that address.
pub(crate) fn find(tx: &mut Tx, snapshot: &Snapshot, email: &str, act: Act) -> Result<Option<RecordId>, AppError> {
    let people = base_entity(snapshot, "user")?;
    let definer = definer(snapshot);
    let values = [(field(people, "email")?, Value::Text(email.trim().to_owned()))];
    let context = snapshot.context(&definer, act.at, act.at.date());
    Ok(tx.find_duplicate(context, people.id, &values, None)?)
}

/// Writes the person's record and their roles.
pub(crate) fn insert(
    tx: &mut Tx,
    snapshot: &Snapshot,
    id: RecordId,
    user: &NewUser,
    roles: &[RoleId],
    act: Act,
) -> Result<(), AppError> {
    let people = base_entity(snapshot, "user")?;
    let values = [
        ("name", Value::Text(user.name.clone())),
        ("email", Value::Text(user.email.trim().to_owned())),
        ("locale", Value::Text(user.locale.clone())),
        ("active", Value::Bool(true)),
    ];
    row(tx, snapshot, people, id, &values, act)?;
    let assignments = base_entity(snapshot, "role_assignment")?;
    let mut luck = act.luck();
    // The first number of this act is the user's id.
    luck.record();
    for role in roles {
        let values = [("user", Value::Id(id.0)), ("role", Value::Text(role.to_string()))];
        let id = luck.record();
        row(tx, snapshot, assignments, id, &values, act)?;
        let given = snapshot.catalog.roles.get(role).map(|role| format!("{}.{}", role.app, role.name));
        access::role_given(tx, act, (assignments, id), &given.unwrap_or_default())?;
    }
    state::bump_rights(tx)?;
    event::append(tx, Event::of_tenant(Kind::Rights, 0), act.at)?;
    Ok(())
}

/// Writes a record of `base` with its history.
pub(crate) fn row(
    tx: &mut Tx,
    snapshot: &Snapshot,
    entity: &Entity,
    id: RecordId,
    values: &[(&str, Value)],
    act: Act,
) -> Result<(), AppError> {
    let definer = definer(snapshot);
    let permit = decide(&definer, Action::Create, entity.id)
        .map_err(|_denied| AppError::Bug("the definer may create everything".to_owned()))?;
    let by = Value::Id(act.by.0);
    let at = Value::Instant(act.at);
    let mut all: Vec<(FieldId, Value)> = vec![
        (FieldId::ID, Value::Id(id.0)),
        (FieldId::REVISION, Value::Number(1.into())),
        (FieldId::CREATED_AT, at.clone()),
        (FieldId::CREATED_BY, by.clone()),
        (FieldId::UPDATED_AT, at),
        (FieldId::UPDATED_BY, by),
    ];
    for (name, value) in values {
        all.push((field(entity, name)?, value.clone()));
    }
    let today = act.at.date();
    tx.insert(snapshot.context(&definer, act.at, today), permit, entity.id, &all)?;
    for (place, field) in search::fields(entity) {
        if let Some((_, value)) = all.iter().find(|(id, _)| entity.index_of(*id) == Some(place)) {
            search::put(tx, entity, id, field, value)?;
        }
    }
    let mut changes = Vec::new();
    for (name, value) in values {
        changes.push(json!({ "field": field(entity, name)?.to_string(), "old": null, "new": in_history(value)? }));
    }
    let entry = history::Entry {
        record: id,
        entity: entity.id,
        revision: 1,
        made_at: act.at,
        made_by: act.by,
        action: "create".to_owned(),
        changes: changes.into(),
    };
    Ok(history::append(tx, &entry)?)
}

/// A value as history keeps it; people and their roles have no others than these.
fn in_history(value: &Value) -> Result<Json, AppError> {
    match value {
        Value::Text(text) => Ok(text.as_str().into()),
        Value::Bool(flag) => Ok((*flag).into()),
        Value::Id(id) => Ok(id.to_string().into()),
        other => Err(AppError::Bug(format!("history of people does not know {other:?}"))),
    }
}
