//! Jobs for the database threads: a closure, its answer, and the way back to whoever waits.
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::sync::oneshot;

use crate::{error::StorageError, tx::Tx};

/// How a write job ended; its writes are kept only for `Keep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Commit.
    Keep,
    /// Roll back what it wrote.
    Discard,
}

/// A write job without its types.
pub(crate) trait WriteJob: Send {
    /// Runs it; may be called again when the transaction was lost.
    fn run(&mut self, tx: &mut Tx) -> Outcome;
    /// Answers whoever waits: with what the last run answered, or with why that was lost.
    fn finish(self: Box<Self>, committed: Result<(), StorageError>);
}

/// A read job without its types.
pub(crate) trait ReadJob: Send {
    /// Runs it and answers.
    fn run(self: Box<Self>, tx: &mut Tx);
    /// Answers that it could not be run.
    fn fail(self: Box<Self>, error: StorageError);
}

/// A panic in a job must not take the thread with it; the person gets a reference number, the log gets the text.
fn guarded<T, E: From<StorageError>>(job: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| {
        let text = panic_text(&*panic);
        tracing::error!(text, "a database job panicked");
        Err(StorageError::Bug(format!("a job panicked: {text}")).into())
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a text".to_owned())
}

pub(crate) struct Write<T, E, F> {
    job: F,
    answer: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Write<T, E, F> {
    pub(crate) fn new(job: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Self { job, answer: None, reply }, answer)
    }
}

impl<T, E, F> WriteJob for Write<T, E, F>
where
    T: Send,
    E: From<StorageError> + Send,
    F: Fn(&mut Tx) -> Result<T, E> + Send,
{
    fn run(&mut self, tx: &mut Tx) -> Outcome {
        let answer = guarded(|| (self.job)(tx));
        let outcome = if answer.is_ok() { Outcome::Keep } else { Outcome::Discard };
        self.answer = Some(answer);
        outcome
    }

    fn finish(self: Box<Self>, committed: Result<(), StorageError>) {
        let answer = match (self.answer, committed) {
            (Some(answer), Ok(())) => answer,
            (Some(Err(error)), Err(_)) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(StorageError::Bug("a job was committed without being run".to_owned()).into()),
        };
        // Nobody waits any more when the client went away; the work is done all the same.
        drop(self.reply.send(answer));
    }
}

pub(crate) struct Read<T, E, F> {
    job: F,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Read<T, E, F> {
    pub(crate) fn new(job: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Self { job, reply }, answer)
    }
}

impl<T, E, F> ReadJob for Read<T, E, F>
where
    T: Send,
    E: From<StorageError> + Send,
    F: FnOnce(&mut Tx) -> Result<T, E> + Send,
{
    fn run(self: Box<Self>, tx: &mut Tx) {
        let Self { job, reply } = *self;
        // A client that went away wants no answer.
        if !reply.is_closed() {
            drop(reply.send(guarded(|| job(tx))));
        }
    }

    fn fail(self: Box<Self>, error: StorageError) {
        drop(self.reply.send(Err(error.into())));
    }
}
