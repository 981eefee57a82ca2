//! Why something could not be done to the data, in words for whoever runs the command.
use kontor_apps::AppError;
use kontor_records::RecordsError;
use kontor_storage::StorageError;

use super::Console;
use crate::language::Text;

/// The reason of the store.
pub(super) fn of_store(console: Console, error: &StorageError) -> String {
    match error {
        StorageError::DiskFull => {
            console.language.of(Text("磁盘空间已满，请释放空间后重试", "the disk is full; make room and try again")).to_owned()
        }
        StorageError::LockTimeout => console
            .language
            .of(Text("他人正在修改相关内容，请稍后再试", "somebody else is changing the same; try again in a moment"))
            .to_owned(),
        StorageError::Unavailable(_)
        | StorageError::Unique { .. }
        | StorageError::ForeignKey { .. }
        | StorageError::Serialisation
        | StorageError::Timeout
        | StorageError::Computation(_)
        | StorageError::Plan(_)
        | StorageError::KeyFile(_)
        | StorageError::Bug(_) => error.to_string(),
    }
}

/// The reason of records.
pub(super) fn of_records(console: Console, error: &RecordsError) -> String {
    match error {
        RecordsError::Storage(error) | RecordsError::App(AppError::Storage(error)) => of_store(console, error),
        RecordsError::App(error) if !error.message().is_empty() => console.language.pick(&error.message()).to_owned(),
        RecordsError::App(_)
        | RecordsError::NotFound
        | RecordsError::Rejected(_)
        | RecordsError::Stale { .. }
        | RecordsError::KeyReused
        | RecordsError::DryRun
        | RecordsError::Bug(_) => error.to_string(),
    }
}
