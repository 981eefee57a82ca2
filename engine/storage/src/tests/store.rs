//! Jobs on the threads: group commit with good, failing, slow and panicking jobs; readers; the server going away.
use std::time::Duration;

use kontor_definitions::{ColumnType, Value};

use super::{
    Folder,
    cluster::{self, Cluster},
    config, on_both, on_sqlite, tenant_id,
};
use crate::{
    bind::Bind,
    error::StorageError,
    store::{Queue, Store},
    tenant::TenantDb,
    tx::Tx,
};

pub(super) fn with_table(store: &Store) -> TenantDb {
    let tenant = store.create_tenant(tenant_id("tenant01")).unwrap();
    let made: Result<u64, StorageError> =
        tenant.0.write_blocking(Queue::Interactive, crate::threads::postgres_threads::As::Owner, |tx| {
            tx.execute("CREATE TABLE {t}note (number BIGINT PRIMARY KEY, text TEXT)".replace("BIGINT", number(tx)).as_str(), &[])
        });
    made.unwrap();
    tenant
}

/// SQLite takes an INTEGER PRIMARY KEY for the row's own number.
fn number(tx: &Tx) -> &'static str {
    match tx.dialect() {
        crate::Dialect::Sqlite => "INTEGER",
        crate::Dialect::Postgres => "BIGINT",
    }
}

pub(super) fn insert(tx: &mut Tx, number: i64) -> Result<u64, StorageError> {
    tx.execute("INSERT INTO {t}note (number, text) VALUES (?1, ?2)", &[Bind::integer(number), Bind::text("说明")])
}

fn numbers(tenant: &TenantDb) -> Vec<Value> {
    let rows = tenant.read_blocking(|tx| tx.query("SELECT number FROM {t}note ORDER BY number", &[], &[ColumnType::Integer]));
    rows.unwrap().into_iter().flatten().collect()
}

fn values(numbers: &[i64]) -> Vec<Value> {
    numbers.iter().map(|number| Value::Number((*number).into())).collect()
}

#[test]
fn one_job_spoils_no_other() {
    on_both(|store| {
        let tenant = with_table(store);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answers = runtime.block_on(async {
            let jobs = (0..100_i64).map(|place| {
                let tenant = tenant.clone();
                tokio::spawn(async move {
                    tenant
                        .write(Queue::Interactive, move |tx| -> Result<i64, StorageError> {
                            insert(tx, place)?;
                            match place {
                                10 => insert(tx, place).map(|_rows| place),
                                20 => panic!("planted"),
                                30 => {
                                    std::thread::sleep(Duration::from_millis(60));
                                    Ok(place)
                                }
                                40 => tx.attempt(|tx| insert(tx, 40).map(|_rows| 0)).or(Ok(place)),
                                50 => Err(StorageError::Computation("planted".to_owned())),
                                _ => Ok(place),
                            }
                        })
                        .await
                })
            });
            let mut answers = Vec::new();
            for job in jobs.collect::<Vec<_>>() {
                answers.push(job.await.unwrap());
            }
            answers
        });
        for (place, answer) in answers.iter().enumerate() {
            match place {
                10 => assert!(matches!(answer, Err(StorageError::Unique { .. }))),
                20 => assert!(matches!(answer, Err(StorageError::Bug(_)))),
                50 => assert!(matches!(answer, Err(StorageError::Computation(_)))),
                _ => assert_eq!(*answer.as_ref().unwrap(), i64::try_from(place).unwrap()),
            }
        }
        let stored: Vec<i64> = (0..100).filter(|place| ![10, 20, 50].contains(place)).collect();
        assert_eq!(numbers(&tenant), values(&stored));
    });
}

/// SQLite answers some errors (a full disk, an interrupted write) by rolling back the whole transaction, the other jobs of
/// the group with it. `OR ROLLBACK` does just that on demand.
#[test]
fn a_job_that_ends_the_whole_transaction_spoils_no_other() {
    on_sqlite(|store| {
        let tenant = with_table(store);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let answers = runtime.block_on(async {
            let jobs = (0..60_i64).map(|place| {
                let (tenant, runs) = (tenant.clone(), std::sync::Arc::clone(&runs));
                tokio::spawn(async move {
                    let job = move |tx: &mut Tx| -> Result<i64, StorageError> {
                        runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        insert(tx, place)?;
                        if place % 20 == 10 {
                            let again = "INSERT OR ROLLBACK INTO {t}note (number, text) VALUES (?1, ?2)";
                            tx.execute(again, &[Bind::integer(place), Bind::text("又")])?;
                        }
                        Ok(place)
                    };
                    tenant.write(Queue::Interactive, job).await
                })
            });
            let mut answers = Vec::new();
            for job in jobs.collect::<Vec<_>>() {
                answers.push(job.await.unwrap());
            }
            answers
        });
        let failed: Vec<usize> = (0..60).filter(|place| answers[*place].is_err()).collect();
        assert_eq!(failed, [10, 30, 50]);
        let stored: Vec<i64> = (0..60).filter(|place| place % 20 != 10).collect();
        assert_eq!(numbers(&tenant), values(&stored));
        assert!(runs.load(std::sync::atomic::Ordering::Relaxed) > 60, "no job shared a group with one that ended it");
    });
}

#[test]
fn a_reader_writes_nothing_and_sees_what_was_acknowledged() {
    on_both(|store| {
        let tenant = with_table(store);
        tenant.write_blocking(Queue::Background, |tx| insert(tx, 1)).unwrap();
        assert_eq!(numbers(&tenant), values(&[1]));
        assert!(tenant.read_blocking(|tx| insert(tx, 2)).is_err());
        assert_eq!(numbers(&tenant), values(&[1]));
    });
}

#[test]
fn a_dropped_tenant_is_gone_and_can_be_made_again() {
    on_both(|store| {
        let tenant = with_table(store);
        tenant.write_blocking(Queue::Interactive, |tx| insert(tx, 1)).unwrap();
        assert_eq!(numbers(&tenant), values(&[1]));
        store.drop_tenant(tenant_id("tenant01")).unwrap();
        let again = with_table(store);
        assert_eq!(numbers(&again), values(&[]));
    });
}

#[test]
fn what_was_acknowledged_is_there_after_opening_again() {
    let folder = Folder::new();
    let store = Store::open(&config(&folder, None)).unwrap();
    let tenant = with_table(&store);
    tenant.write_blocking(Queue::Interactive, |tx| insert(tx, 7)).unwrap();
    drop((store, tenant));
    let store = Store::open(&config(&folder, None)).unwrap();
    assert_eq!(numbers(&store.tenant(tenant_id("tenant01")).unwrap()), values(&[7]));
    assert!(matches!(store.tenant(tenant_id("tenant02")), Err(StorageError::Unavailable(_))));
}

#[test]
fn a_statement_of_a_reader_is_stopped_at_its_limit() {
    // Only on SQLite: PostgreSQL's own statement_timeout is set with BEGIN.
    on_sqlite(|store| {
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
        let answer = store.control().read_blocking(move |tx| tx.query(endless, &[], &[ColumnType::Integer]));
        assert!(matches!(answer, Err(StorageError::Timeout)));
    });
}

#[test]
fn a_server_that_is_not_there_is_named_without_the_password() {
    let folder = Folder::new();
    let url = "postgres://kontor:secret@127.0.0.1:1/nowhere".to_owned();
    let Err(StorageError::Unavailable(text)) = Store::open(&config(&folder, Some(url))) else {
        panic!("nothing listens on port 1");
    };
    assert!(text.contains("127.0.0.1:1, database nowhere, user kontor"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn the_threads_connect_again_after_the_server_was_restarted() {
    // A given server belongs to others too, so this one is always private.
    let cluster = Cluster::start();
    let folder = Folder::new();
    let store = Store::open(&config(&folder, Some(cluster.url()))).unwrap();
    let tenant = with_table(&store);
    tenant.write_blocking(Queue::Interactive, |tx| insert(tx, 1)).unwrap();
    assert_eq!(numbers(&tenant), values(&[1]));
    cluster.end();
    let answer = tenant.write_blocking(Queue::Interactive, |tx| insert(tx, 2));
    assert!(matches!(answer, Err(StorageError::Unavailable(_))), "{answer:?}");
    cluster.begin();
    tenant.write_blocking(Queue::Interactive, |tx| insert(tx, 3)).unwrap();
    assert_eq!(numbers(&tenant), values(&[1, 3]));
}

#[test]
fn a_tenants_role_reaches_no_other_tenant() {
    cluster::on_postgres(|store| {
        let mine = with_table(store);
        store.create_tenant(tenant_id("tenant02")).unwrap();
        let foreign = mine.write_blocking(Queue::Interactive, |tx| {
            tx.execute("SELECT 1 FROM t_tenant02.note", &[])?;
            tx.execute("CREATE TABLE {t}more (id BIGINT)", &[])
        });
        assert!(matches!(foreign, Err(StorageError::Bug(text)) if text.starts_with("42501")));
    });
}

#[test]
fn two_jobs_that_block_each_other_both_end() {
    on_both(|store| {
        let tenant = with_table(store);
        tenant.write_blocking(Queue::Interactive, |tx| insert(tx, 1).and_then(|_rows| insert(tx, 2))).unwrap();
        let update = |first: i64, second: i64| {
            move |tx: &mut Tx| -> Result<(), StorageError> {
                for number in [first, second] {
                    tx.execute("UPDATE {t}note SET text = text || '!' WHERE number = ?1", &[Bind::integer(number)])?;
                    std::thread::sleep(Duration::from_millis(20));
                }
                Ok(())
            }
        };
        let other = tenant.clone();
        let thread = std::thread::spawn(move || other.write_blocking(Queue::Interactive, update(2, 1)));
        tenant.write_blocking(Queue::Interactive, update(1, 2)).unwrap();
        thread.join().unwrap().unwrap();
    });
}
