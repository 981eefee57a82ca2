//! What can go wrong in the database, by what the caller can do about it.

use crate::schema::PlanError;

/// The short closed list every crate's error maps to; `server` maps it to HTTP once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Absent, or not for this person.
    NotFound,
    /// Cannot be read at all: broken text, unknown name, wrong JSON type.
    Malformed,
    /// Refused by definition, rule or limit.
    Invalid,
    /// The state of the data stands against it; look again.
    Conflict,
    /// The record was changed since the revision the caller knows.
    Stale,
    /// A stated limit was reached.
    Limit,
    /// Try again later.
    Unavailable,
    /// Ours to mend.
    Bug,
}

/// An error of the database layer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StorageError {
    /// Cannot reach or open the database.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A unique index named by us was violated.
    #[error("unique constraint {constraint} violated")]
    Unique {
        /// The name we gave it (`schema::names`).
        constraint: String,
    },
    /// A foreign key named by us was violated.
    #[error("foreign key {constraint} violated")]
    ForeignKey {
        /// The name we gave it; empty on SQLite, which does not say.
        constraint: String,
    },
    /// The transaction lost against another one; the job may be run again.
    #[error("serialisation failure")]
    Serialisation,
    /// A row lock was not given within two seconds.
    #[error("a lock was not given in time")]
    LockTimeout,
    /// The statement ran past its limit.
    #[error("the statement took too long")]
    Timeout,
    /// An expression could not be computed (`overflow`, `division_by_zero`).
    #[error("{0}")]
    Computation(String),
    /// The definitions ask for a change of tables that cannot be done.
    #[error("{0}")]
    Plan(PlanError),
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The key file is missing, damaged, or not the one that sensitive fields were encrypted with; says which file and what to do.
    #[error("{0}")]
    KeyFile(String),
    /// A mistake of this program: never shown to people beyond a reference number.
    #[error("{0}")]
    Bug(String),
}

impl StorageError {
    /// What the caller can do about it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unavailable(_) | Self::KeyFile(_) | Self::DiskFull | Self::Serialisation => Kind::Unavailable,
            Self::Unique { .. } | Self::ForeignKey { .. } | Self::LockTimeout => Kind::Conflict,
            Self::Timeout => Kind::Limit,
            Self::Computation(_) | Self::Plan(_) => Kind::Invalid,
            Self::Bug(_) => Kind::Bug,
        }
    }
}
