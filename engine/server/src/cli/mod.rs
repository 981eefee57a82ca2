//! The command line `kontor`: what it understands, and which function does it.
mod console;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, error::ErrorKind};

use crate::{
    config::{self, Config, ConfigError},
    language::Language,
};
pub use console::Console;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Good,
    /// It ran and found problems.
    Problems,
    /// The command line or settings are wrong.
    Usage,
    /// It could not be done.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Good => 0,
            Outcome::Problems => 1,
            Outcome::Usage => 2,
            Outcome::Failed => 3,
        })
    }
}
