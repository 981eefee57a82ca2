//! Seals: every committed row of history and of the access log in exactly one of them, on both databases.
use std::{sync::mpsc, thread};

use kontor_definitions::{EntityId, RecordId};
use serde_json::json;
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::{cluster::on_postgres, on_both, tenant_id};
use crate::{
    error::StorageError,
    store::{Queue, Store},
    system::{
        access_log::{self, Access, Kind, Wanted},
        digest, hex, history, seal,
    },
    tenant::TenantDb,
    tx::Tx,
};

const NOON: OffsetDateTime = datetime!(2026-01-31 12:00:00.123456 UTC);

fn tenant(store: &Store) -> TenantDb {
    store.create_tenant(tenant_id("tenant01")).unwrap()
}

fn write<T: Send + 'static>(tenant: &TenantDb, job: impl Fn(&mut Tx) -> Result<T, StorageError> + Send + 'static) -> T {
    tenant.write_blocking(Queue::Interactive, job).unwrap()
}

fn revision(tx: &mut Tx, record: u128, revision: i64) -> Result<(), StorageError> {
    let entry = history::Entry {
        record: RecordId(Uuid::from_u128(record)),
        entity: EntityId("k3v9x2ab".parse().unwrap()),
        revision,
        made_at: NOON,
        made_by: RecordId(Uuid::nil()),
        action: "update".to_owned(),
        changes: json!([{"field": "p4s8d1aa", "old": null, "new": revision}]),
    };
    history::append(tx, &entry)
}

fn access(kind: Kind) -> Access {
    Access {
        made_at: NOON,
        kind,
        person: Some(RecordId(Uuid::from_u128(9))),
        address: "192.0.2.7".to_owned(),
        entity: None,
        record: None,
        number: Some(3),
        detail: "trade".to_owned(),
    }
}

/// Seals until nothing is left; answers how many rows of each table were sealed.
fn seal_all(tenant: &TenantDb) -> (i64, i64) {
    let mut sealed = (0, 0);
    while let Some(seal) = write(tenant, |tx| seal::next(tx, NOON)) {
        sealed = (sealed.0 + seal.revisions, sealed.1 + seal.accesses);
    }
    sealed
}

/// That the chain is whole and the rows say what their seals say; answers how many rows are sealed.
fn check(tenant: &TenantDb) -> i64 {
    let (seals, head) = tenant.read_blocking(|tx| Ok::<_, StorageError>((seal::list(tx, 0, 10_000)?, seal::head(tx)?))).unwrap();
    let mut before = (0, String::new());
    let mut rows = 0;
    for seal in seals {
        assert_eq!((seal.number, &seal.previous), (before.0 + 1, &before.1));
        assert_eq!(seal.hash, seal::hash(&seal));
        let number = seal.number;
        let covered = tenant.read_blocking(move |tx| seal::covered(tx, number)).unwrap();
        let said = (seal.root, seal.revisions, seal.access_root, seal.accesses);
        assert_eq!((covered.root, covered.revisions, covered.access_root, covered.accesses), said);
        rows += covered.revisions + covered.accesses;
        before = (seal.number, seal.hash);
    }
    assert_eq!((head.number, head.hash), before);
    rows
}

#[test]
fn seals_are_chained_and_prove_their_rows() {
    on_both(|store| {
        let tenant = tenant(store);
        assert_eq!(write(&tenant, |tx| seal::next(tx, NOON)), None);
        write(&tenant, |tx| (1..=3).try_for_each(|record| revision(tx, record, 1)));
        write(&tenant, |tx| access_log::append(tx, &access(Kind::SignIn)));
        let first = write(&tenant, |tx| seal::next(tx, NOON)).unwrap();
        assert_eq!((first.number, first.revisions, first.accesses, first.previous.as_str()), (1, 3, 1, ""));
        write(&tenant, |tx| revision(tx, 2, 2));
        assert_eq!(seal_all(&tenant), (1, 0));
        assert_eq!(check(&tenant), 5);
        let prove = |record, revision| {
            tenant.read_blocking(move |tx| seal::prove(tx, RecordId(Uuid::from_u128(record)), revision)).unwrap()
        };
        for (record, revision, number) in [(1, 1, 1), (2, 1, 1), (3, 1, 1), (2, 2, 2)] {
            let proof = prove(record, revision).unwrap();
            assert_eq!(proof.seal.number, number);
            assert_eq!(hex(&digest::rise(proof.leaf, &proof.path)), proof.seal.root);
            assert_eq!(proof.leaf, digest::leaf(&proof.hash));
        }
        assert_eq!(prove(1, 2), None);
    });
}

#[test]
fn a_seal_has_a_limit_and_the_rest_follows() {
    on_both(|store| {
        let tenant = tenant(store);
        write(&tenant, |tx| (1..=1_001).try_for_each(|record| revision(tx, record, 1)));
        let first = write(&tenant, |tx| seal::next(tx, NOON)).unwrap();
        assert_eq!(first.revisions, seal::MOST);
        assert_eq!(seal_all(&tenant), (1, 0));
        assert_eq!(check(&tenant), 1_001);
    });
}

#[test]
fn what_is_committed_late_is_in_the_next_seal() {
    // SQLite has one writer: nothing is committed late.
    on_postgres(|store| {
        let tenant = tenant(store);
        let (written, wait) = mpsc::channel();
        let (go_on, told) = mpsc::channel::<()>();
        let told = std::sync::Mutex::new(told);
        let late = tenant.clone();
        let writer = thread::spawn(move || {
            write(&late, move |tx| {
                revision(tx, 1, 1)?;
                access_log::append(tx, &access(Kind::Export))?;
                written.send(()).unwrap();
                told.lock().unwrap().recv().unwrap();
                Ok(())
            });
        });
        wait.recv().unwrap();
        write(&tenant, |tx| revision(tx, 2, 1));
        write(&tenant, |tx| access_log::append(tx, &access(Kind::SignIn)));
        assert_eq!(seal_all(&tenant), (1, 1));
        go_on.send(()).unwrap();
        writer.join().unwrap();
        assert_eq!(seal_all(&tenant), (1, 1));
        assert_eq!(check(&tenant), 4);
    });
}

#[test]
fn many_writers_and_sealers_leave_every_row_in_one_seal() {
    on_both(|store| {
        let tenant = tenant(store);
        thread::scope(|scope| {
            for thread in 0..4 {
                let tenant = tenant.clone();
                scope.spawn(move || {
                    for record in 0..25_u128 {
                        let record = thread * 100 + record;
                        write(&tenant, move |tx| (1..=2).try_for_each(|number| revision(tx, record, number)));
                        write(&tenant, |tx| access_log::append(tx, &access(Kind::Open)));
                    }
                });
            }
            for _ in 0..3 {
                let tenant = tenant.clone();
                scope.spawn(move || (0..15).for_each(|_| drop(write(&tenant, |tx| seal::next(tx, NOON)))));
            }
        });
        seal_all(&tenant);
        assert_eq!(check(&tenant), 4 * 25 * 3);
        assert_eq!(tenant.read_blocking(|tx| seal::waiting(tx, NOON + time::Duration::DAY)).unwrap(), 0);
    });
}

#[test]
fn old_accesses_go_as_whole_seals_and_the_list_is_filtered() {
    on_both(|store| {
        let tenant = tenant(store);
        write(&tenant, |tx| access_log::append(tx, &access(Kind::SignIn)));
        write(&tenant, |tx| seal::next(tx, NOON));
        write(&tenant, |tx| access_log::append(tx, &access(Kind::Export)));
        write(&tenant, |tx| access_log::append(tx, &access(Kind::SignOut)));
        let kinds = |wanted: Wanted, limit| {
            let rows = tenant.read_blocking(move |tx| access_log::list(tx, &wanted, limit)).unwrap();
            rows.into_iter().map(|(_, access)| access.kind.name()).collect::<Vec<_>>()
        };
        assert_eq!(kinds(Wanted::default(), 2), ["sign_out", "export"]);
        assert_eq!(kinds(Wanted { before: Some(3), ..Wanted::default() }, 9), ["export", "sign_in"]);
        let export = Wanted { kind: Some(Kind::Export), person: access(Kind::Export).person, ..Wanted::default() };
        assert_eq!(kinds(export, 9), ["export"]);
        assert!(kinds(Wanted { from: Some(NOON + time::Duration::SECOND), ..Wanted::default() }, 9).is_empty());
        assert!(kinds(Wanted { until: Some(NOON), ..Wanted::default() }, 9).is_empty());
        assert!(kinds(Wanted { record: Some(RecordId(Uuid::nil())), ..Wanted::default() }, 9).is_empty());
        // What is not sealed yet stays, however old.
        assert_eq!(write(&tenant, |tx| access_log::forget(tx, NOON + time::Duration::DAY)), 1);
        assert_eq!(kinds(Wanted::default(), 9), ["sign_out", "export"]);
    });
}
