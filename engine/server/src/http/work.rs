//! From a request to a records session on a database thread.
use kontor_records::{Caller, RecordsError, Session, Who};
use kontor_storage::{GuardKey, Queue};

use super::caller::SignedIn;
use crate::{engine::Engine, language::Language, problem::Problem};

/// Reads with a person's rights, from one consistent picture.
pub(super) async fn read<T: Send + 'static>(
    engine: &Engine,
    (person, language): (&SignedIn, Language),
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, Problem> {
    let address = address(person);
    let from = move |session: &mut Session<'_>| {
        session.comes_from(&address);
        job(session)
    };
    Ok(kontor_records::read(&person.tenant, caller(engine, person, language), from).await?)
}

/// Writes with a person's rights, in one transaction.
pub(super) async fn write<T: Send + 'static>(
    engine: &Engine,
    (person, language): (&SignedIn, Language),
    queue: Queue,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, Problem> {
    write_guarded(engine, (person, language), (queue, &[]), job).await
}

/// The same of a job that is about these things: it waits in line for others that are, before it takes a connection.
pub(super) async fn write_guarded<T: Send + 'static>(
    engine: &Engine,
    (person, language): (&SignedIn, Language),
    line: (Queue, &[GuardKey]),
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, Problem> {
    let address = address(person);
    let from = move |session: &mut Session<'_>| {
        session.comes_from(&address);
        job(session)
    };
    let answer = kontor_records::write_guarded(&person.tenant, line, caller(engine, person, language), from).await?;
    engine.wrote(person.tenant.id());
    Ok(answer)
}

fn address(person: &SignedIn) -> String {
    person.address.map(|address| address.to_string()).unwrap_or_default()
}

fn caller(engine: &Engine, person: &SignedIn, language: Language) -> Caller {
    let (now, today) = engine.moment();
    Caller { who: Who::User(person.session.user), now, today, seed: rand::random(), locale: language.tag().to_owned() }
}
