//! The last picture of the tables before a publish goes live. What was stored then can be asked for while writers wait, so that
//! roll-ups move by what changed since and nobody waits while all records are added up.
use std::sync::{
    Mutex, PoisonError,
    mpsc::{self, Sender},
};

use kontor_definitions::{EntityId, RecordId};
use kontor_storage::{TenantDb, Tx};

use crate::{backfill::Rows, error::AppError};

/// A picture that is kept for as long as this is.
pub(crate) struct Moment(Mutex<Sender<Question>>);

struct Question {
    entity: EntityId,
    ids: Vec<RecordId>,
    answer: Sender<Result<Rows, AppError>>,
}

impl Moment {
    /// What was stored of some rows.
    pub(crate) fn was(&self, entity: EntityId, ids: &[RecordId]) -> Result<Rows, AppError> {
        let (answer, answered) = mpsc::channel();
        let question = Question { entity, ids: ids.to_vec(), answer };
        // A reader that is gone drops the question, and with it the way back.
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).send(question));
        answered.recv().unwrap_or_else(|_gone| Err(AppError::Bug("the picture before the last step is gone".to_owned())))
    }
}

/// Looks at the tables and goes on with what was seen, while the picture is kept.
pub(crate) fn keep<S: Send + 'static, T>(
    db: &TenantDb,
    look: impl FnOnce(&mut Tx) -> Result<S, AppError> + Send + 'static,
    stored: impl Fn(&mut Tx, EntityId, &[RecordId]) -> Result<Rows, AppError> + Send + 'static,
    then: impl FnOnce(S, Moment) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let (tell, told) = mpsc::channel();
    let (ask, asked) = mpsc::channel::<Question>();
    let keeps = move |tx: &mut Tx| {
        let seen = look(tx)?;
        if tell.send(seen).is_ok() {
            // Until nobody can ask any more.
            for Question { entity, ids, answer } in asked {
                drop(answer.send(stored(tx, entity, &ids)));
            }
        }
        Ok::<_, AppError>(())
    };
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || db.read_blocking(keeps));
        match told.recv() {
            Ok(seen) => then(seen, Moment(Mutex::new(ask))),
            Err(_not_seen) => match reader.join() {
                Ok(Err(error)) => Err(error),
                Ok(Ok(())) | Err(_) => Err(AppError::Bug("a picture of the tables was not taken".to_owned())),
            },
        }
    })
}
