//! Writers of one thing stand in line before they take a connection, so that others need not wait behind all of them.
use std::sync::{Arc, Mutex, mpsc};

use kontor_definitions::RecordId;
use uuid::Uuid;

use super::{
    cluster,
    store::{insert, with_table},
};
use crate::{GuardKey, bind::Bind, error::StorageError, store::Queue, tx::Tx};

/// With two connections, and a first writer who holds the record until it is told to end.
#[test]
fn fifty_writers_of_one_record_leave_a_connection_to_others() {
    cluster::on_postgres(|store| {
        let tenant = with_table(store);
        tenant.write_blocking(Queue::Interactive, |tx| insert(tx, 1).and_then(|_rows| insert(tx, 2))).unwrap();
        let key = |number: u128| [GuardKey::Record(RecordId(Uuid::from_u128(number)))];
        let (order, (open, gate)) = (Arc::new(Mutex::new(Vec::new())), mpsc::channel());
        let gate = Arc::new(Mutex::new(gate));
        let change = |tx: &mut Tx, number: i64| {
            tx.execute("UPDATE {t}note SET text = text || '!' WHERE number = ?1", &[Bind::integer(number)])
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answers = runtime.block_on(async {
            let jobs = (0..50).map(|place| {
                let (tenant, order, gate) = (tenant.clone(), Arc::clone(&order), Arc::clone(&gate));
                let job = move |tx: &mut Tx| -> Result<u64, StorageError> {
                    let changed = change(tx, 1)?;
                    if place == 0 {
                        gate.lock().unwrap().recv().unwrap();
                    }
                    order.lock().unwrap().push(place);
                    match place {
                        20 => panic!("planted"),
                        30 => Err(StorageError::Computation("planted".to_owned())),
                        _ => Ok(changed),
                    }
                };
                tokio::spawn(async move { tenant.write_guarded((Queue::Interactive, &key(1)), job).await })
            });
            let jobs: Vec<_> = jobs.collect();
            // All of them are handed in before anybody else.
            tokio::task::yield_now().await;
            let elsewhere = Arc::clone(&order);
            let other = move |tx: &mut Tx| -> Result<u64, StorageError> {
                elsewhere.lock().unwrap().push(-1);
                change(tx, 2)
            };
            assert_eq!(tenant.write_guarded((Queue::Interactive, &key(2)), other).await.unwrap(), 1);
            assert_eq!(*order.lock().unwrap(), [-1], "who writes elsewhere is through before the fifty");
            open.send(()).unwrap();
            let mut answers = Vec::new();
            for job in jobs {
                answers.push(job.await.unwrap());
            }
            answers
        });
        let failed: Vec<usize> = (0..50).filter(|place| answers[*place].is_err()).collect();
        assert_eq!(failed, [20, 30]);
        let expected: Vec<i32> = (-1..50).collect();
        assert_eq!(*order.lock().unwrap(), expected, "they come in the order in which they asked");
    });
}
