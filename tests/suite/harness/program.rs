//! The program in a process of its own: this program again, which runs the command line of `kontor` in place of tests, unless
//! another is named.
use std::{
    ffi::OsString,
    process::{Command, Output, Stdio},
};

use super::database::Database;

/// Set in a process that is no test: the command line.
const ARGUMENTS: &str = "KONTOR_TEST_ARGUMENTS";
/// Another program to start: `kontor` as it is released, to measure.
const PROGRAM: &str = "KONTOR_TEST_PROGRAM";
/// Between two arguments.
const BETWEEN: &str = "\u{1f}";
/// What the machinery of tests prints ends here.
const BEGIN: &str = "---- kontor ----\n";

#[test]
#[expect(clippy::exit, clippy::print_stdout, clippy::print_stderr, reason = "the process is the program and no test")]
fn runs() {
    if let Ok(arguments) = std::env::var(ARGUMENTS) {
        print!("{BEGIN}");
        eprint!("{BEGIN}");
        let arguments = arguments.split(BETWEEN).map(OsString::from);
        std::process::exit(kontor_server::cli::outcome(arguments).code().into());
    }
}

/// The command line, ready to be started on a database.
pub(crate) fn kontor(database: &Database, arguments: &[&str]) -> Command {
    let config = database.config();
    let mut command = match std::env::var_os(PROGRAM) {
        Some(program) => Command::new(program),
        None => Command::new(std::env::current_exe().unwrap()),
    };
    match std::env::var_os(PROGRAM) {
        Some(_) => command.args(arguments),
        None => command.args(["--exact", "harness::program::runs", "--nocapture"]),
    };
    command.current_dir(database.folder()).stdin(Stdio::null());
    command.env(ARGUMENTS, [&["kontor"], arguments].concat().join(BETWEEN));
    let log = std::env::var("KONTOR_LOG").unwrap_or_else(|_| "error".to_owned());
    command.env("KONTOR_DATA", &config.data).env("LC_ALL", "C").env("KONTOR_LOG", log);
    if let Some(url) = &config.database {
        command.env("KONTOR_DATABASE", url);
    }
    command
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) printed: String,
    pub(crate) complained: String,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.split_once(BEGIN).map_or_else(|| text.clone(), |(_, said)| said.to_owned())
    };
    let (printed, complained) = (said(&stdout), said(&stderr));
    let code = status.code().unwrap_or_else(|| panic!("it was killed: {complained}"));
    Ended { code, printed, complained }
}

impl Ended {
    /// Ended with this code.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.printed, self.complained);
        self
    }

    /// Ended with this code and one clear line, which is answered.
    pub(crate) fn refused(self, code: i32) -> String {
        let ended = self.expect(code);
        assert!(ended.complained.lines().count() == 1 && ended.printed.is_empty(), "{}{}", ended.printed, ended.complained);
        assert!(ended.complained.starts_with("error: "), "{}", ended.complained);
        ended.complained
    }
}
