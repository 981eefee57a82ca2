//! The one mapping from what went wrong in the engine to what the caller is told.
//!
//! What is ours to mend is logged with a reference number, and only that number is told.
use axum::http::{HeaderValue, header};
use kontor_apps::AppError;
use kontor_records::{FieldError, RecordsError};
use kontor_storage::{Kind, StorageError};

use crate::{
    language::Text,
    problem::{Code, Issue, Problem},
    sign_in::{password::HashingFailed, secret},
};

/// The problem for an error of this kind, before details are added.
pub(crate) fn of_kind(kind: Kind, error: &dyn std::error::Error) -> Problem {
    match kind {
        Kind::NotFound => Problem::new(Code::NotFound),
        Kind::Malformed => Problem::new(Code::BadRequest),
        Kind::Invalid => Problem::new(Code::Invalid),
        Kind::Conflict => Problem::new(Code::Conflict),
        Kind::Stale => {
            Problem::new(Code::Stale).because(Text("请重新读取后再修改。", "Read it again, then make your change.").with(&[]))
        }
        Kind::Limit => Problem::new(Code::Invalid).named("limit_reached").because(
            Text("查询超出了允许的时间或数量，请缩小范围。", "The request passes a limit of time or size; ask for less.")
                .with(&[]),
        ),
        Kind::Unavailable => {
            tracing::warn!(%error, "not available");
            Problem::new(Code::Unavailable)
                .because(Text("请稍后再试。", "Try again in a moment.").with(&[]))
                .header(header::RETRY_AFTER, HeaderValue::from_static("1"))
        }
        Kind::Bug => bug(error),
    }
}

/// A mistake of this program: the log has it all, the caller a number to name.
pub(crate) fn bug(error: &dyn std::error::Error) -> Problem {
    let reference: String = secret::new().chars().take(12).collect();
    tracing::error!(%reference, %error, cause = error.source().map(tracing::field::display), "a request failed by a mistake of the program");
    let text =
        Text("请将编号 {0} 告知管理员；日志中有详细原因。", "Tell your administrator the reference {0}; the log has the cause.");
    Problem::new(Code::Bug).because(text.with(&[&reference])).member("reference", reference.into())
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        if let StorageError::DiskFull = error {
            tracing::error!("the disk is full");
            let way_out = Text("内容未保存；请联系管理员释放空间。", "Nothing was saved; ask your administrator to make room.");
            return Self::new(Code::DiskFull).because(way_out.with(&[]));
        }
        let problem = of_kind(error.kind(), &error);
        if let StorageError::LockTimeout = error {
            let way_out =
                Text("他人正在修改相关内容，请稍后再试。", "Somebody else is changing the same; try again in a moment.");
            return problem.named("busy").because(way_out.with(&[])).header(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        problem
    }
}

impl From<RecordsError> for Problem {
    fn from(error: RecordsError) -> Self {
        let (kind, code) = (error.kind(), error.code());
        match error {
            RecordsError::Rejected(findings) => {
                of_kind(kind, &RecordsError::NotFound).named(code).issues(findings.0.into_iter().map(Issue::from).collect())
            }
            RecordsError::Storage(error) => error.into(),
            RecordsError::App(error) => error.into(),
            RecordsError::KeyReused => {
                let why = Text(
                    "该 Idempotency-Key 已用于另一个请求，请换一个新值。",
                    "This Idempotency-Key was used for another request; choose a new one.",
                );
                of_kind(kind, &error).named(code).because(why.with(&[]))
            }
            RecordsError::NotFound | RecordsError::Stale { .. } | RecordsError::DryRun | RecordsError::Bug(_) => {
                of_kind(kind, &error).named(code)
            }
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Storage(error) => error.into(),
            AppError::Bug(_) => bug(&error),
            AppError::Precondition => Self::new(Code::Stale).named(error.code()).because(error.message()),
            // What is not there answers like what one may not see: without saying what it was.
            AppError::UnknownTenant(_)
            | AppError::UnknownApp(_)
            | AppError::UnknownDocument(_)
            | AppError::UnknownRevision(_)
            | AppError::UnknownRole(_) => Self::new(Code::NotFound),
            AppError::TenantExists(_)
            | AppError::BadTenantName(_)
            | AppError::StaleBase { .. }
            | AppError::ChangedMeanwhile
            | AppError::NothingToPublish
            | AppError::NotUnused(_)
            | AppError::UnusedInDraft(_)
            | AppError::Findings(_)
            | AppError::Publishing
            | AppError::Interrupted
            | AppError::Package(_) => of_kind(error.kind(), &error).named(error.code()).because(error.message()),
        }
    }
}

impl From<FieldError> for Issue {
    fn from(error: FieldError) -> Self {
        let record = error.other.map(|other| (other.entity, other.id));
        Self { record, ..Self::new(&error.pointer, error.code, error.message, error.suggestion) }
    }
}

impl From<HashingFailed> for Problem {
    fn from(error: HashingFailed) -> Self {
        bug(&error)
    }
}
