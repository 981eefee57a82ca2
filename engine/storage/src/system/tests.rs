//! The system tables of a tenant, on both databases.
use kontor_definitions::{EntityId, RecordId};
use serde_json::json;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::{document, draft, history, inbox, outbox, package, retired_id, revision, sequence, state};
use crate::{
    error::StorageError,
    store::{Queue, Store},
    tenant::TenantDb,
    tests::{on_both, tenant_id},
    tx::Tx,
};

const NOON: OffsetDateTime = datetime!(2026-01-31 12:00:00.123456 UTC);

fn tenant(store: &Store) -> TenantDb {
    store.create_tenant(tenant_id("tenant01")).unwrap()
}

fn write<T: Send + 'static>(
    tenant: &TenantDb,
    job: impl Fn(&mut Tx) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    tenant.write_blocking(Queue::Interactive, job)
}

#[test]
fn state_starts_empty_and_follows() {
    on_both(|store| {
        let tenant = tenant(store);
        let first = tenant.read_blocking(state::read).unwrap();
        assert_eq!(first, state::State { revision: 0, rights_version: 0 });
        let seen = write(&tenant, |tx| {
            state::close(tx)?;
            state::set_revision(tx, 7)?;
            state::bump_rights(tx)?;
            state::read_for_share(tx)
        });
        assert_eq!(seen.unwrap(), state::State { revision: 7, rights_version: 1 });
    });
}

#[test]
fn documents_keep_every_byte_and_are_stored_once() {
    on_both(|store| {
        let tenant = tenant(store);
        let text = "{\n  \"b\": 1.50,\n  \"a\": \"客户\"\n}\n";
        let hashes = write(&tenant, move |tx| Ok((document::put(tx, text)?, document::put(tx, text)?))).unwrap();
        assert_eq!(hashes.0, hashes.1);
        let (known, unknown) = tenant
            .read_blocking(move |tx| Ok::<_, StorageError>((document::get(tx, &hashes.0)?, document::get(tx, "none")?)))
            .unwrap();
        assert_eq!((known.as_deref(), unknown), (Some(text), None));
    });
}

#[test]
fn revisions_list_their_documents_in_order() {
    on_both(|store| {
        let tenant = tenant(store);
        let first = revision::Revision {
            revision: 1,
            made_at: NOON,
            made_by: Uuid::nil(),
            message: "第一版".to_owned(),
            restored_from: None,
        };
        let second = revision::Revision { revision: 2, restored_from: Some(1), ..first.clone() };
        let (one, two) = (first.clone(), second.clone());
        write(&tenant, move |tx| {
            revision::add(tx, &one)?;
            revision::add(tx, &two)?;
            for name in ["order", "customer"] {
                let hash = document::put(tx, name)?;
                revision::add_document(tx, 1, ("trade", "entity", name), &hash)?;
            }
            Ok(())
        })
        .unwrap();
        let (list, one, none, documents) = tenant
            .read_blocking(|tx| {
                Ok::<_, StorageError>((
                    revision::list(tx)?,
                    revision::get(tx, 1)?,
                    revision::get(tx, 3)?,
                    revision::documents(tx, 1)?,
                ))
            })
            .unwrap();
        assert_eq!(list, [second, first.clone()]);
        assert_eq!((one, none), (Some(first), None));
        let names: Vec<_> = documents.iter().map(|found| (found.name.as_str(), found.body.as_str())).collect();
        assert_eq!(names, [("customer", "customer"), ("order", "order")]);
    });
}

#[test]
fn draft_changes_replace_each_other() {
    on_both(|store| {
        let tenant = tenant(store);
        let change = |body: Option<&str>| draft::DraftChange {
            app: "trade".to_owned(),
            kind: "entity".to_owned(),
            name: "order".to_owned(),
            body: body.map(str::to_owned),
            etag: "tag".to_owned(),
            changed_at: NOON,
            changed_by: Uuid::nil(),
        };
        let (text, gone) = (change(Some("{}")), change(None));
        let last = gone.clone();
        let heads = write(&tenant, move |tx| {
            let before = draft::lock(tx)?;
            draft::put(tx, &text)?;
            draft::put(tx, &gone)?;
            draft::touch(tx, 3)?;
            Ok((before.version, draft::head(tx)?))
        })
        .unwrap();
        assert_eq!(heads, (0, draft::DraftHead { base_revision: 3, version: 1 }));
        assert_eq!(tenant.read_blocking(draft::list).unwrap(), [last]);
        write(&tenant, |tx| draft::remove(tx, "trade", "entity", "order")).unwrap();
        assert_eq!(tenant.read_blocking(draft::list).unwrap(), []);
    });
}

#[test]
fn packages_forget_the_documents_of_the_version_before() {
    on_both(|store| {
        let tenant = tenant(store);
        for (version, name) in [("1.0.0", "order"), ("1.1.0", "quote")] {
            write(&tenant, move |tx| {
                package::put(tx, "trade", version, NOON)?;
                let hash = document::put(tx, name)?;
                package::add_document(tx, "trade", "entity", name, &hash)
            })
            .unwrap();
        }
        let found = tenant
            .read_blocking(|tx| Ok::<_, StorageError>((package::version(tx, "trade")?, package::documents(tx, "trade")?)))
            .unwrap();
        assert_eq!(found.0.as_deref(), Some("1.1.0"));
        assert_eq!(found.1.iter().map(|document| document.name.as_str()).collect::<Vec<_>>(), ["quote"]);
    });
}

#[test]
fn retired_ids_keep_their_first_meaning() {
    on_both(|store| {
        let tenant = tenant(store);
        for what in ["field of k3v9x2ab", "entity"] {
            let id = retired_id::RetiredId { app: "trade".to_owned(), id: "p4s8d1aa".to_owned(), what: what.to_owned() };
            write(&tenant, move |tx| retired_id::put(tx, &id, 2)).unwrap();
        }
        let list = tenant.read_blocking(retired_id::list).unwrap();
        assert_eq!(list.iter().map(|id| id.what.as_str()).collect::<Vec<_>>(), ["field of k3v9x2ab"]);
    });
}

#[test]
fn history_is_chained_and_a_changed_row_is_found() {
    on_both(|store| {
        let tenant = tenant(store);
        let record = RecordId(Uuid::from_u128(7));
        let entry = move |revision: i64| history::Entry {
            record,
            entity: EntityId("k3v9x2ab".parse().unwrap()),
            revision,
            made_at: NOON + Duration::nanoseconds(revision),
            made_by: RecordId(Uuid::nil()),
            action: "update".to_owned(),
            changes: json!({"p4s8d1aa": {"old": null, "new": format!("{revision}.00"), "odd": 1e30}}),
        };
        write(&tenant, move |tx| (1..=3).try_for_each(|revision| history::append(tx, &entry(revision)))).unwrap();
        let (newest, older, broken) = tenant
            .read_blocking(move |tx| {
                Ok::<_, StorageError>((
                    history::list(tx, record, i64::MAX, 1)?,
                    history::list(tx, record, 3, 10)?,
                    history::first_broken(tx, record)?,
                ))
            })
            .unwrap();
        assert_eq!(newest.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [3]);
        assert_eq!(older.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(newest[0].changes, entry(3).changes);
        assert_eq!(broken, None);
        write(&tenant, |tx| tx.execute("UPDATE {t}history SET action = 'create' WHERE revision = 2", &[])).unwrap();
        assert_eq!(tenant.read_blocking(move |tx| history::first_broken(tx, record)).unwrap(), Some(2));
    });
}

#[test]
fn sequences_count_per_period_and_never_twice() {
    on_both(|store| {
        let tenant = tenant(store);
        let mut threads = Vec::new();
        for _ in 0..4 {
            let tenant = tenant.clone();
            threads.push(std::thread::spawn(move || {
                (0..10).map(|_| write(&tenant, |tx| sequence::next(tx, "order.number", "2026-01")).unwrap()).collect::<Vec<_>>()
            }));
        }
        let mut numbers: Vec<i64> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
        let later = write(&tenant, |tx| {
            sequence::raise(tx, "order.number", "2026-02", 17)?;
            sequence::raise(tx, "order.number", "2026-02", 4)?;
            sequence::next(tx, "order.number", "2026-02")
        });
        assert_eq!(later.unwrap(), 18);
    });
}

#[test]
fn inbox_gives_the_first_answer_again() {
    on_both(|store| {
        let tenant = tenant(store);
        let key = inbox::InboxKey { subject: Uuid::from_u128(1), route: "POST /x".to_owned(), key: "k".to_owned() };
        let stored = inbox::Stored { request_hash: "h".to_owned(), answer: "{\"status\":201}".to_owned() };
        let put = {
            let (key, stored) = (key.clone(), stored.clone());
            move |tx: &mut Tx| inbox::put(tx, &key, &stored, NOON)
        };
        write(&tenant, put.clone()).unwrap();
        let again = write(&tenant, put);
        assert!(matches!(again, Err(StorageError::Unique { .. })), "{again:?}");
        let asked = key.clone();
        assert_eq!(tenant.read_blocking(move |tx| inbox::find(tx, &asked)).unwrap(), Some(stored));
        let removed = write(&tenant, |tx| inbox::delete_before(tx, NOON + Duration::SECOND)).unwrap();
        assert_eq!(removed, 1);
        assert_eq!(tenant.read_blocking(move |tx| inbox::find(tx, &key)).unwrap(), None);
    });
}

#[test]
fn outbox_effects_are_claimed_once_and_fenced() {
    on_both(|store| {
        let tenant = tenant(store);
        let effect = outbox::Effect {
            effect: "mail:7".to_owned(),
            topic: "mail".to_owned(),
            record: Some(RecordId(Uuid::from_u128(7))),
            payload: json!({"to": "王芳"}),
            due_at: NOON,
        };
        let wanted = effect.clone();
        write(&tenant, move |tx| {
            outbox::append(tx, &effect, NOON)?;
            outbox::append(tx, &effect, NOON)
        })
        .unwrap();
        let until = NOON + Duration::MINUTE;
        let early = write(&tenant, move |tx| outbox::claim(tx, NOON - Duration::SECOND, until, 10)).unwrap();
        let first = write(&tenant, move |tx| outbox::claim(tx, NOON, until, 10)).unwrap();
        let none = write(&tenant, move |tx| outbox::claim(tx, NOON, until, 10)).unwrap();
        assert_eq!((early, none), (Vec::new(), Vec::new()));
        assert_eq!(first, [outbox::Claim { effect: wanted, attempts: 0, fence: 1 }]);
        let later = until + Duration::SECOND;
        let second = write(&tenant, move |tx| outbox::claim(tx, later, later + Duration::MINUTE, 10)).unwrap();
        assert_eq!((second[0].attempts, second[0].fence), (1, 2));
        assert!(!write(&tenant, |tx| outbox::done(tx, "mail:7", 1)).unwrap(), "the first claim was lost");
        assert!(write(&tenant, move |tx| outbox::retry(tx, "mail:7", 2, later, "refused")).unwrap());
        let third = write(&tenant, move |tx| outbox::claim(tx, later, later + Duration::MINUTE, 10)).unwrap();
        assert_eq!(third[0].fence, 3);
        assert!(write(&tenant, |tx| outbox::done(tx, "mail:7", 3)).unwrap());
    });
}

#[test]
fn an_event_that_is_committed_late_is_not_skipped() {
    use std::sync::{Mutex, mpsc};

    use super::event::{self, Event, Kind};

    crate::tests::cluster::on_postgres(|store| {
        let db = tenant(store);
        let event = |revision| Event::of_tenant(Kind::Published, revision);
        let start = db.read_blocking(event::now).unwrap();
        let ((written, is_written), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
        let (slow_db, released) = (db.clone(), Mutex::new(released));
        let slow = std::thread::spawn(move || {
            let work = move |tx: &mut Tx| {
                event::append(tx, event(1), NOON)?;
                written.send(()).unwrap();
                released.lock().unwrap().recv().unwrap();
                Ok::<_, StorageError>(())
            };
            slow_db.write_blocking(Queue::Interactive, work).unwrap();
        });
        is_written.recv().unwrap();
        write(&db, move |tx| event::append(tx, event(2), NOON)).unwrap();
        let first = db.read_blocking(move |tx| event::since(tx, &start, 10)).unwrap();
        assert_eq!(first.events.iter().map(|(_, event)| event.revision).collect::<Vec<_>>(), [2]);
        release.send(()).unwrap();
        slow.join().unwrap();
        let next = first.cursor.clone();
        let second = db.read_blocking(move |tx| event::since(tx, &next, 10)).unwrap();
        assert_eq!(second.events.iter().map(|(_, event)| event.revision).collect::<Vec<_>>(), [1]);
        assert!(second.events[0].0 < first.events[0].0);
        let done = second.cursor;
        assert_eq!(db.read_blocking(move |tx| event::since(tx, &done, 10)).unwrap().events, []);
    });
}
