//! A PostgreSQL server of one test, which may be restarted; gone when dropped.
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::{database, repository};

/// The server, kept by `scripts/with-postgres` until its standard input ends.
pub(crate) struct Cluster {
    keeper: Child,
    url: String,
    data: PathBuf,
}

impl Cluster {
    /// Starts a server.
    pub(crate) fn start() -> Self {
        Self::of(Self::command())
    }

    /// Starts a server whose files can fail.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_with(faults: &super::faults::Faults) -> Self {
        Self::of(faults.loaded(Self::command()))
    }

    fn command() -> Command {
        let mut command = Command::new(repository::path("scripts/with-postgres"));
        command.args(["sh", "-c", "echo \"$KONTOR_TEST_POSTGRES\"; cat"]).env_remove(database::VARIABLE);
        command
    }

    fn of(mut command: Command) -> Self {
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("postgres://"), "no server was started: {url:?}");
        let data = PathBuf::from(database::asked(&url, "SHOW data_directory"));
        Self { keeper, url, data }
    }

    /// The URL of its superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where the server keeps the tables of a database.
    #[cfg(target_os = "linux")]
    pub(crate) fn files_of(&self, database: &database::Database) -> PathBuf {
        let url = database.url().unwrap();
        let folder = database::asked(&url, "SELECT 'base/' || oid::text FROM pg_database WHERE datname = current_database()");
        self.data.join(folder)
    }

    /// Stops the server, cutting off what is under way, and starts it again; returns when it takes connections.
    pub(crate) fn restart(&self) {
        // The first word is the program that was started.
        let started = fs::read_to_string(self.data.join("postmaster.opts")).unwrap();
        let program = Path::new(started.split(' ').next().unwrap()).with_file_name("pg_ctl");
        let arguments = ["-m", "fast", "-w", "-s", "-l", "/dev/null", "restart"];
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let done = command.arg("-D").arg(&self.data).args(arguments).current_dir("/").status().unwrap();
        assert!(done.success(), "the server does not start again");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _stopped = self.keeper.wait();
    }
}

fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&asked.stdout).trim() == "0"
}
