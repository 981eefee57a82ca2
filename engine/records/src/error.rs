//! What can go wrong with a request for records, by what the caller can do about it.
use kontor_apps::AppError;
pub use kontor_storage::Kind;
use kontor_storage::StorageError;

use crate::finding::{Class, Findings};

/// An error of the record layer.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// Absent, or not for this person: the two look the same.
    #[error("not found")]
    NotFound,
    /// The input is refused, with everything that is wrong with it.
    #[error("the input has {} findings", .0.0.len())]
    Rejected(Findings),
    /// The record was changed since the revision that `If-Match` names.
    #[error("the record is at revision {current}")]
    Stale {
        /// The revision it has now.
        current: i64,
    },
    /// The idempotency key was used before for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The writes of a dry run were taken back; callers never see this.
    #[error("dry run")]
    DryRun,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Tenants and their definitions.
    #[error(transparent)]
    App(#[from] AppError),
    /// A mistake of this program.
    #[error("{0}")]
    Bug(String),
}

impl RecordsError {
    /// What the caller can do about it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound => Kind::NotFound,
            Self::Rejected(findings) => match findings.class() {
                Some(Class::Malformed) => Kind::Malformed,
                Some(Class::Conflict) => Kind::Conflict,
                Some(Class::Refused) | None => Kind::Invalid,
            },
            Self::Stale { .. } => Kind::Stale,
            Self::KeyReused => Kind::Invalid,
            Self::DryRun | Self::Bug(_) => Kind::Bug,
            Self::Storage(error) => error.kind(),
            Self::App(error) => error.kind(),
        }
    }

    /// The stable code of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Rejected(findings) => match findings.class() {
                Some(Class::Malformed) => "malformed_request",
                Some(Class::Conflict) => "conflict",
                Some(Class::Refused) | None => "invalid_record",
            },
            Self::Stale { .. } => "stale",
            Self::KeyReused => "idempotency_key_reused",
            Self::DryRun | Self::Bug(_) => "internal_error",
            Self::Storage(error) => code_of(error.kind()),
            Self::App(error) => code_of(error.kind()),
        }
    }
}

fn code_of(kind: Kind) -> &'static str {
    match kind {
        Kind::NotFound => "not_found",
        Kind::Malformed => "malformed_request",
        Kind::Invalid => "invalid_record",
        Kind::Conflict => "conflict",
        Kind::Stale => "stale",
        Kind::Limit => "limit_reached",
        Kind::Unavailable => "try_again",
        Kind::Bug => "internal_error",
    }
}

impl From<Findings> for RecordsError {
    fn from(findings: Findings) -> Self {
        Self::Rejected(findings)
    }
}
