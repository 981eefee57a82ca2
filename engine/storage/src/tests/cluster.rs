//! A PostgreSQL server for tests: the one named by `KONTOR_TEST_POSTGRES`, or a private cluster started here.
use std::{
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{Folder, config};
use crate::{
    store::Store,
    threads::postgres::{PostgresLink, options},
};

/// A running cluster; stopped when the last test of the process lets go of it.
pub(crate) struct Cluster {
    folder: Folder,
    port: u16,
}

static RUNNING: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

fn run(program: &str, arguments: &[&str]) {
    let path = format!("{PROGRAMS}/{program}");
    // initdb and the server refuse to run as root.
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", &path]);
        command
    } else {
        Command::new(&path)
    };
    let status = command.args(arguments).current_dir("/").stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{path} {arguments:?} failed");
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

impl Cluster {
    pub(crate) fn running() -> Arc<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(Self::start());
            *running = Arc::downgrade(&cluster);
            cluster
        })
    }

    pub(crate) fn start() -> Self {
        let folder = Folder::new();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let cluster = Self { folder, port };
        let data = cluster.data();
        if is_root() {
            let made = Command::new("install").args(["-d", "-o", "postgres", "-g", "postgres", "-m", "700", &data]).status();
            assert!(made.is_ok_and(|status| status.success()), "the cluster's folder cannot be made");
        }
        run("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        cluster.begin();
        cluster
    }

    fn data(&self) -> String {
        self.folder.0.join("pg").display().to_string()
    }

    pub(crate) fn begin(&self) {
        let data = self.data();
        let settings = format!(
            "-p {} -k {data} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off",
            self.port
        );
        let log = Path::new(&data).join("log").display().to_string();
        run("pg_ctl", &["-D", &data, "-w", "-s", "-l", &log, "-o", &settings, "start"]);
    }

    pub(crate) fn end(&self) {
        run("pg_ctl", &["-D", &self.data(), "-m", "fast", "-s", "stop"]);
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a case on a fresh database, which is dropped afterwards.
pub(crate) fn on_postgres(case: impl Fn(&Store)) {
    let given = std::env::var("KONTOR_TEST_POSTGRES").ok();
    let cluster = given.is_none().then(Cluster::running);
    let server = given.or_else(|| cluster.as_ref().map(|cluster| cluster.url())).expect("given or started");
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("kontor_storage_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    administer(&server, &format!("CREATE DATABASE {name}"));
    let folder = Folder::new();
    let (before, _name) = server.rsplit_once('/').expect("an address ends with the database's name");
    case(&Store::open(&config(&folder, Some(format!("{before}/{name}")))).expect("the store opens"));
    administer(&server, &format!("DROP DATABASE {name} WITH (FORCE)"));
}

fn administer(server: &str, statement: &str) {
    let mut link = PostgresLink::new(options(server).expect("an address")).expect("a runtime");
    // A single statement outside a transaction: databases cannot be made inside one.
    link.begin(statement).expect("the server lets us make databases");
}
