//! What a permit says: grants of rows and fields that add up.
use std::{collections::HashMap, sync::Arc};

use kontor_definitions::{FieldId, RecordId, RoleId, expr::Expr, model::role::FieldRight};
use uuid::Uuid;

/// What a person wants to do with an entity's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Make a record.
    Create,
    /// See records.
    Read,
    /// Change records.
    Update,
    /// Archive records.
    Delete,
    /// Remove archived records for good.
    Purge,
    /// Take lists out as files.
    Export,
}

/// A person, with what rights can depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    /// The person's `base.user` record.
    pub user: RecordId,
    /// Shown name, `user.name` in expressions.
    pub name: String,
    /// The person's department, if any.
    pub department: Option<Uuid>,
    /// That department and all below it; empty unless some role of theirs reaches so far.
    pub below: Vec<Uuid>,
    /// The person's roles now.
    pub roles: Vec<RoleId>,
}

/// The right to do one thing with one entity: a list of grants, one per role that gives it.
#[derive(Clone, Debug)]
pub struct Permit {
    pub(crate) grants: Vec<Grant>,
}

/// Rows and fields that one role grants.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub(crate) rows: RowReach,
    pub(crate) condition: Option<Arc<Expr>>,
    pub(crate) fields: Mask,
}

/// Whose rows a grant reaches.
#[derive(Clone, Debug, PartialEq)]
pub enum RowReach {
    /// Everybody's.
    All,
    /// Those whose owner is this user.
    Owner(Uuid),
    /// Those of these departments.
    Departments(Vec<Uuid>),
    /// Owned lines: those of the records that this grant of their parent reaches.
    Parent(Arc<Grant>),
}

/// What a grant allows with each field.
#[derive(Clone, Debug, PartialEq)]
pub enum Mask {
    /// Every field may be written; only the engine itself holds it.
    Everything,
    /// By field; a field that is not listed does not exist.
    Fields(Arc<HashMap<FieldId, FieldRight>>),
}

impl Mask {
    /// The right on a field. System fields are readable with their record unless the role says otherwise.
    pub fn right(&self, field: FieldId) -> FieldRight {
        match self {
            Self::Everything => FieldRight::Write,
            Self::Fields(rights) => {
                let unnamed = if field.0.is_system() { FieldRight::Read } else { FieldRight::None };
                rights.get(&field).copied().unwrap_or(unnamed)
            }
        }
    }
}

impl Grant {
    /// Whose rows.
    pub fn rows(&self) -> &RowReach {
        &self.rows
    }
    /// A condition that every row must also meet.
    pub fn condition(&self) -> Option<&Arc<Expr>> {
        self.condition.as_ref()
    }
    /// Which fields.
    pub fn fields(&self) -> &Mask {
        &self.fields
    }
    /// Whether every row of the entity is reached.
    pub fn is_every_row(&self) -> bool {
        self.rows == RowReach::All && self.condition.is_none()
    }
}

/// On which of the permitted rows a field can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldReach {
    /// On none: the field does not exist.
    Never,
    /// On every permitted row.
    Always,
    /// Only on rows of these grants (places in [`Permit::grants`]); null elsewhere.
    Grants(Vec<usize>),
}

impl Permit {
    /// The grants; rows add up. Empty only after [`Permit::only`], and then nothing is reached.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether every row is permitted.
    pub fn is_every_row(&self) -> bool {
        self.grants.iter().any(Grant::is_every_row)
    }

    /// Where a field can be read.
    pub fn reach(&self, field: FieldId) -> FieldReach {
        let having: Vec<usize> = self
            .grants
            .iter()
            .enumerate()
            .filter(|(_, grant)| grant.fields.right(field) >= FieldRight::Read)
            .map(|(place, _)| place)
            .collect();
        if having.is_empty() {
            FieldReach::Never
        } else if having.len() == self.grants.len()
            || having.iter().any(|place| self.grants.get(*place).is_some_and(Grant::is_every_row))
        {
            FieldReach::Always
        } else {
            FieldReach::Grants(having)
        }
    }

    /// Whether a row is reached that belongs to this owner and department, whatever else it says: only by grants
    /// without a condition, because the rest of the row is not known here.
    pub fn reaches_any_of(&self, owner: Option<Uuid>, department: Option<Uuid>) -> bool {
        self.grants.iter().filter(|grant| grant.condition.is_none()).any(|grant| match &grant.rows {
            RowReach::All => true,
            RowReach::Owner(user) => owner == Some(*user),
            RowReach::Departments(reached) => department.is_some_and(|one| reached.contains(&one)),
            RowReach::Parent(_) => false,
        })
    }

    /// The same right with some of its grants only: it never reaches more.
    #[must_use]
    pub fn only(&self, places: &[usize]) -> Self {
        Self { grants: places.iter().filter_map(|place| self.grants.get(*place)).cloned().collect() }
    }

    /// Whether it is the engine's own: every row, every field.
    pub fn is_definer(&self) -> bool {
        self.grants.iter().any(|grant| grant.is_every_row() && matches!(grant.fields, Mask::Everything))
    }

    /// Whether the field exists for the person.
    pub fn can_read(&self, field: FieldId) -> bool {
        self.reach(field) != FieldReach::Never
    }

    /// Whether some grant lets the person change the field.
    pub fn can_write(&self, field: FieldId) -> bool {
        self.grants.iter().any(|grant| grant.fields.right(field) == FieldRight::Write)
    }
}
