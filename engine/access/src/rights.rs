//! The compiled rights of one person: a permit for every action and entity that some role of theirs grants.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use kontor_definitions::{
    Catalog, Entity, EntityId, FieldType, RecordId,
    catalog::{EntityRights, Role},
    model::role::{FieldRight, Scope},
};
use uuid::Uuid;

use crate::permit::{Action, Actor, Grant, Mask, Permit, RowReach};

/// The rights of one person under one revision of the definitions.
#[derive(Clone, Debug)]
pub struct Rights {
    actor: Actor,
    administrator: bool,
    permits: HashMap<(EntityId, Action), Permit>,
    actions: HashSet<(EntityId, String)>,
}

impl Rights {
    /// Compiles the roles of a person.
    pub fn of(catalog: &Catalog, actor: Actor) -> Self {
        let mut rights = Self { administrator: false, permits: HashMap::new(), actions: HashSet::new(), actor };
        let roles: Vec<Arc<Role>> = rights.actor.roles.iter().filter_map(|id| catalog.roles.get(id)).map(Arc::clone).collect();
        for role in &roles {
            rights.administrator |= role.administrator;
            for (entity, granted) in &role.entities {
                let Some(entity) = catalog.entity(*entity).filter(|entity| entity.parent.is_none()) else { continue };
                rights.add(entity.id, granted);
                rights.add_lines(catalog, role, entity, granted);
            }
        }
        rights
    }

    /// The rights of the engine itself: every row and field. Definitions run with them (formulas, roll-ups, guards),
    /// so does the installation of an app. Call sites are listed by the tidy test `definer_rights_are_rare`.
    pub fn definer(catalog: &Catalog) -> Self {
        let everything = Permit { grants: vec![Grant { rows: RowReach::All, condition: None, fields: Mask::Everything }] };
        let every = [Action::Create, Action::Read, Action::Update, Action::Delete, Action::Purge, Action::Export];
        Self {
            actor: Actor {
                user: RecordId(Uuid::nil()),
                name: String::new(),
                department: None,
                below: Vec::new(),
                roles: Vec::new(),
            },
            administrator: true,
            permits: catalog
                .entities
                .keys()
                .flat_map(|entity| every.map(|action| ((*entity, action), everything.clone())))
                .collect(),
            actions: catalog
                .entities
                .values()
                .flat_map(|entity| entity.state().map(|(_, machine)| (entity.id, machine)))
                .flat_map(|(id, machine)| machine.transitions.iter().map(move |move_| (id, move_.action.clone())))
                .collect(),
        }
    }

    /// The same rights for another person: the engine acting for somebody, who is named in history.
    #[must_use]
    pub fn on_behalf_of(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// Who they belong to.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// May change definitions and administer people.
    pub fn is_administrator(&self) -> bool {
        self.administrator
    }

    /// The permit for an action, if some role grants it.
    pub fn permit(&self, action: Action, entity: EntityId) -> Option<&Permit> {
        self.permits.get(&(entity, action))
    }

    /// Whether a transition or button of an entity may be used; a role that names `*` gives all of them.
    pub fn may_run(&self, entity: EntityId, action: &str) -> bool {
        [action, "*"].iter().any(|name| self.actions.contains(&(entity, (*name).to_owned())))
    }

    fn add(&mut self, entity: EntityId, granted: &EntityRights) {
        let create = if granted.create { Scope::All } else { Scope::None };
        let purge = if granted.purge { granted.delete } else { Scope::None };
        let export = if granted.export { granted.read } else { Scope::None };
        for (action, scope) in [
            (Action::Create, create),
            (Action::Read, granted.read),
            (Action::Update, granted.update),
            (Action::Delete, granted.delete),
            (Action::Purge, purge),
            (Action::Export, export),
        ] {
            if let Some(rows) = self.reach(scope) {
                let fields = Mask::Fields(Arc::new(granted.fields.clone()));
                self.push(entity, action, Grant { rows, condition: granted.condition.clone(), fields });
            }
        }
        self.actions.extend(granted.actions.iter().map(|action| (entity, action.clone())));
    }

    fn push(&mut self, entity: EntityId, action: Action, grant: Grant) {
        self.permits.entry((entity, action)).or_insert_with(|| Permit { grants: Vec::new() }).grants.push(grant);
    }

    /// Owned lines have no door of their own: every line of a permitted record is permitted. Their fields are what the role
    /// says of the line entity's fields, or, where it does not name it, what it says of the `lines` field.
    ///
    /// What is read of a line depends on the role that reaches its record: another role's wider reach must not show this
    /// role's fields. Writing a line is writing its record, whose own permit was checked before.
    fn add_lines(&mut self, catalog: &Catalog, role: &Role, parent: &Entity, granted: &EntityRights) {
        for field in &parent.fields {
            let FieldType::Lines { entity, .. } = field.ty else { continue };
            let Some(line) = catalog.entity(entity) else { continue };
            let right = granted.fields.get(&field.id).copied().unwrap_or(FieldRight::None);
            if right == FieldRight::None {
                continue;
            }
            let fields = match role.entities.get(&entity) {
                Some(named) => named.fields.iter().map(|(id, own)| (*id, (*own).min(right))).collect(),
                None => line.fields.iter().filter(|field| !field.system).map(|field| (field.id, right)).collect(),
            };
            let mask = Mask::Fields(Arc::new(fields));
            for action in [Action::Read, Action::Export] {
                if (action == Action::Export && !granted.export) || granted.read == Scope::None {
                    continue;
                }
                if let Some(rows) = self.reach(granted.read) {
                    self.push(entity, action, of_record(rows, granted, mask.clone()));
                }
            }
            let Mask::Fields(fields) = mask else { continue };
            let reached = |scope: Scope| if scope == Scope::None { Scope::None } else { Scope::All };
            let of_lines = EntityRights {
                create: granted.create,
                read: Scope::None,
                update: reached(granted.update),
                delete: reached(granted.delete),
                purge: false,
                export: false,
                actions: Vec::new(),
                condition: None,
                fields: (*fields).clone(),
            };
            self.add(entity, &of_lines);
        }
    }

    fn reach(&self, scope: Scope) -> Option<RowReach> {
        match scope {
            Scope::None => None,
            Scope::Own => Some(RowReach::Owner(self.actor.user.0)),
            // A person without a department reaches no department's rows.
            Scope::Department => self.actor.department.map(|id| RowReach::Departments(vec![id])),
            Scope::DepartmentBelow => self.actor.department.map(|_| RowReach::Departments(self.actor.below.clone())),
            Scope::All => Some(RowReach::All),
        }
    }
}

/// The grant of the lines of the records that a role reaches.
fn of_record(rows: RowReach, granted: &EntityRights, fields: Mask) -> Grant {
    if rows == RowReach::All && granted.condition.is_none() {
        return Grant { rows, condition: None, fields };
    }
    let record = Grant { rows, condition: granted.condition.clone(), fields: Mask::Fields(Arc::new(granted.fields.clone())) };
    Grant { rows: RowReach::Parent(Arc::new(record)), condition: None, fields }
}
