//! All tenants of an instance: the registry, and making a tenant.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kontor_definitions::{RecordId, TenantId};
use kontor_storage::{
    Queue, Store,
    control::tenants::{self, TenantRow, TenantStatus},
};

use crate::{
    act::Act,
    backfill::NoBackfill,
    base::base,
    companies,
    compile::Catalogs,
    error::AppError,
    people::{self, NewUser},
    release::{self, Candidate},
    sources::Sources,
    tenant::Tenant,
};

/// The administrator a tenant is made with.
pub type Admin = NewUser;

/// The tenants of an instance.
pub struct Apps {
    store: Store,
    open: Mutex<HashMap<TenantId, Arc<Tenant>>>,
    catalogs: Arc<Catalogs>,
    zone: Arc<str>,
}

impl Apps {
    /// The tenants in a store. Each is loaded when first asked for.
    pub fn open(store: Store) -> Self {
        Self { store, open: Mutex::default(), catalogs: Arc::default(), zone: "UTC".into() }
    }

    /// The same where days are told in this zone unless a company has its own.
    pub fn in_zone(self, zone: &str) -> Self {
        Self { zone: zone.into(), ..self }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Every tenant, by name; blocks.
    pub fn list(&self) -> Result<Vec<TenantRow>, AppError> {
        self.store.control().read_blocking(|tx| tenants::list(tx).map_err(AppError::from))
    }

    /// The tenant of that name, if it is in use; blocks.
    pub fn tenant_named(&self, name: &str) -> Result<Arc<Tenant>, AppError> {
        let asked = name.to_owned();
        let row = self.store.control().read_blocking(move |tx| tenants::find(tx, &asked).map_err(AppError::from))?;
        self.loaded(row.ok_or_else(|| AppError::UnknownTenant(name.to_owned()))?)
    }

    /// The tenant of that id, if it is in use; blocks when it is not loaded yet.
    pub fn tenant(&self, id: TenantId) -> Result<Arc<Tenant>, AppError> {
        if let Some(known) = self.loaded_already(id) {
            return Ok(known);
        }
        let row = self.store.control().read_blocking(move |tx| tenants::get(tx, id).map_err(AppError::from))?;
        self.loaded(row.ok_or_else(|| AppError::UnknownTenant(id.to_string()))?)
    }

    /// The tenant of that id if it is loaded: never blocks.
    pub fn loaded_already(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id).map(Arc::clone)
    }

    /// The tenants that are loaded.
    pub fn in_use(&self) -> Vec<Arc<Tenant>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect()
    }

    /// Makes a tenant with the engine's own app and one administrator. Every step may be repeated: the same call again
    /// finishes what an interrupted one began; once the tenant is in use its name is taken.
    pub fn create_tenant(&self, name: &str, title: &str, admin: &Admin, act: Act) -> Result<Arc<Tenant>, AppError> {
        if !is_name(name) {
            return Err(AppError::BadTenantName(name.to_owned()));
        }
        let row = self.reserve(name, title, act)?;
        let act = Act { seed: act.seed ^ 1, ..act };
        let control = self.store.control();
        let login = people::login(&control, admin, act)?;
        let db = self.store.create_tenant(row.id)?;
        let tenant = Arc::new(Tenant::load(row.clone(), db, (Arc::clone(&self.catalogs), Arc::clone(&self.zone)))?);
        if tenant.snapshot().revision == 0 {
            let base = Sources::of_app("base", base());
            release::release(&tenant, Candidate::first(base), act, &(Arc::new(NoBackfill) as _))?;
        }
        let user = self.add_member(&tenant, login, admin, act)?;
        let title = row.title.clone();
        tenant.write_blocking(Queue::Interactive, move |snapshot, _, tx| {
            companies::insert_first(tx, snapshot, &title, Act { seed: act.seed ^ 4, ..act })
        })?;
        people::join(&control, login, row.id, user)?;
        control.write_blocking(Queue::Interactive, move |tx| {
            tenants::set_status(tx, row.id, TenantStatus::Active).map_err(AppError::from)
        })?;
        self.remember(&tenant);
        Ok(tenant)
    }

    /// Adds a person to a tenant, with roles; does nothing but answer the user when the address belongs to it already.
    pub fn add_user(&self, tenant: &Tenant, user: &NewUser, act: Act) -> Result<RecordId, AppError> {
        let control = self.store.control();
        let login = people::login(&control, user, act)?;
        let id = self.add_member(tenant, login, user, Act { seed: act.seed ^ 1, ..act })?;
        people::join(&control, login, tenant.id(), id)?;
        Ok(id)
    }

    /// The person's record in the tenant: found by their membership or their address, otherwise made.
    fn add_member(&self, tenant: &Tenant, login: uuid::Uuid, user: &NewUser, act: Act) -> Result<RecordId, AppError> {
        if let Some(known) = people::member(&self.store.control(), login, tenant.id())? {
            return Ok(known);
        }
        let user = user.clone();
        tenant.write_blocking(Queue::Interactive, move |snapshot, _, tx| {
            if let Some(known) = people::find(tx, snapshot, &user.email, act)? {
                return Ok(known);
            }
            let roles = people::roles(&snapshot.catalog, &user.roles)?;
            let id = act.luck().record();
            people::insert(tx, snapshot, id, &user, &roles, act)?;
            Ok::<_, AppError>(id)
        })
    }

    /// The tenant's entry in the control database: made now, or found half made.
    fn reserve(&self, name: &str, title: &str, act: Act) -> Result<TenantRow, AppError> {
        let (name, title) = (name.to_owned(), title.to_owned());
        self.store.control().write_blocking(Queue::Interactive, move |tx| {
            if let Some(row) = tenants::find(tx, &name)? {
                return match row.status {
                    TenantStatus::Making => Ok(row),
                    TenantStatus::Active | TenantStatus::Closed => Err(AppError::TenantExists(name.clone())),
                };
            }
            let row = TenantRow {
                id: act.luck().tenant(),
                name: name.clone(),
                title: title.clone(),
                status: TenantStatus::Making,
                created_at: act.at,
            };
            tenants::insert(tx, &row)?;
            Ok(row)
        })
    }

    fn loaded(&self, row: TenantRow) -> Result<Arc<Tenant>, AppError> {
        if row.status != TenantStatus::Active {
            return Err(AppError::UnknownTenant(row.name));
        }
        if let Some(known) = self.loaded_already(row.id) {
            return Ok(known);
        }
        let db = self.store.tenant(row.id)?;
        let tenant = Arc::new(Tenant::load(row, db, (Arc::clone(&self.catalogs), Arc::clone(&self.zone)))?);
        Ok(self.remember(&tenant))
    }

    /// Two threads may load a tenant at once; both go on with the first.
    fn remember(&self, tenant: &Arc<Tenant>) -> Arc<Tenant> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(open.entry(tenant.id()).or_insert_with(|| Arc::clone(tenant)))
    }
}

fn is_name(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (2..=40).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(rest)
}
