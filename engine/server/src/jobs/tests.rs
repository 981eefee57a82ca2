//! What goes wrong in a job stays in it.
use std::{path::PathBuf, sync::Arc, time::Duration};

use kontor_storage::{
    Queue, StorageError,
    control::jobs::{JobRow, Scope, list, sooner},
};
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{Did, Job, Runner, Work};
use crate::{config, engine::Engine, server};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn job(name: &'static str, work: Work) -> Job {
    Job { name, period: Duration::from_secs(60), idle: Duration::from_secs(60), work }
}

fn engine(folder: &Folder) -> Arc<Engine> {
    let config = config::Config {
        key_file: None,
        data: folder.0.clone(),
        database: None,
        listen: config::address(config::LISTEN).unwrap(),
        tls: false,
        zone: config::zone(config::TIME_ZONE).unwrap(),
        files: config::FileLimits::default(),
        bucket: None,
        access_log_days: config::ACCESS_LOG_DAYS,
    };
    let store = server::open(&config).unwrap();
    Arc::new(Engine::new(config, store))
}

#[test]
fn a_job_that_panics_or_fails_is_noted_and_the_others_go_on() {
    let runtime = Runtime::new().unwrap();
    let folder = Folder(std::env::temp_dir().join(format!("kontor-jobs-{}", Uuid::new_v4().simple())));
    let engine = engine(&folder);
    let jobs = || {
        vec![
            job("a panics", Work::Instance(|_, _| Box::pin(async { panic!("out of paper") }))),
            job("b fails", Work::Instance(|_, _| Box::pin(async { Err(StorageError::DiskFull.into()) }))),
            job("c works", Work::Instance(|_, _| Box::pin(async { Ok(Did::Something) }))),
        ]
    };
    let once = || runtime.block_on(Runner::of(Arc::clone(&engine), jobs()).once()).unwrap();
    let control = engine.apps().store().control();
    let rows = || control.read_blocking(list).unwrap();
    once();
    let due: Result<(), StorageError> = control.write_blocking(Queue::Interactive, |tx| {
        list(tx)?.iter().try_for_each(|row| sooner(tx, Scope::Instance, &row.name, OffsetDateTime::UNIX_EPOCH))
    });
    due.unwrap();
    assert_eq!(once(), 3);
    let problem = |row: &JobRow| row.problem.clone().unwrap_or_default();
    let [panics, fails, works] = rows().try_into().unwrap();
    assert!(problem(&panics).contains("panic"), "{panics:?}");
    assert!(problem(&fails).contains("disk is full"), "{fails:?}");
    assert_eq!((problem(&works), works.leased_by), (String::new(), None));
    assert!(fails.due_at < works.due_at, "tried again before its period is over");
    assert_eq!(once(), 0);
}
