//! The command line `kontor`: what it understands, and which function does it.
mod app;
mod console;
mod demo;
mod findings;
mod import;
mod key;
mod open;
mod purge;
mod reason;
mod seal;
mod serve;
mod template;
mod tenant;
mod verify;
mod work;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand};

use crate::{
    config::{self, BucketConfig, BucketFile, Config, ConfigError},
    files::Bucket,
    language::{Language, Text},
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

impl Outcome {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Problems => 1,
            Self::Usage => 2,
            Self::Failed => 3,
        }
    }
}

/// Kontor: business apps that a company builds and changes itself.
///
/// Without a command it serves a demo on SQLite in ./kontor-data (`kontor serve --demo`).
///
/// Exit codes: 0 good, 1 problems found, 2 wrong usage, 3 failed.
#[derive(Debug, Parser)]
#[command(name = "kontor", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    instance: InstanceArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where the data is; the same for every command.
#[derive(Debug, Args)]
struct InstanceArgs {
    /// Data directory: SQLite files and everything else that is kept in files [default: kontor-data]
    #[arg(long, global = true, value_name = "DIR", env = "KONTOR_DATA")]
    data: Option<PathBuf>,
    /// PostgreSQL database, postgres://user:password@host/name; without it everything is kept in SQLite files
    #[arg(long, global = true, value_name = "URL", env = "KONTOR_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Bucket for the contents of files, s3://bucket/prefix; without it they are kept in the data directory
    #[arg(long, global = true, value_name = "URL", env = "KONTOR_FILES")]
    files: Option<String>,
    /// Key file of sensitive fields, made at the first start [default: kontor.key in the data directory]
    #[arg(long, global = true, value_name = "FILE", env = "KONTOR_KEY_FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web app and the HTTP API until stopped
    Serve(serve::ServeArgs),
    /// Do the periodic work of the instance until stopped, without serving anybody
    Work(work::WorkArgs),
    /// Make and manage tenants: companies with apps, people and data of their own
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Check, install and take out apps: folders of definitions, or the same folders packed as .kapp files
    #[command(subcommand)]
    App(app::AppCommand),
    /// Import the rows of a file as records
    Import(import::ImportArgs),
    /// Seal history and the access log now, and print the newest seal: keep it elsewhere, `verify --head` compares with it
    Seal(seal::SealArgs),
    /// Manage the key file of sensitive fields
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Look at everything that is stored and tell what does not hold
    Verify(verify::VerifyArgs),
}

/// Runs the command line; what the process ends with.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(outcome(arguments).code())
}

/// Runs the command line.
pub fn outcome(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    let console = Console { language: Language::of_shell(|name| std::env::var(name).ok()) };
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors; a reader that went away is none either.
            let _closed_pipe = error.print();
            return if error.use_stderr() { Outcome::Usage } else { Outcome::Good };
        }
    };
    let settings = match config::read_file(&PathBuf::from(".")) {
        Ok(settings) => settings,
        Err(error) => return complain_settings(console, &error),
    };
    run(console, cli, settings)
}

fn run(console: Console, cli: Cli, settings: config::File) -> Outcome {
    let command = cli.command.unwrap_or_else(|| Command::Serve(serve::ServeArgs::demo()));
    let listen = if let Command::Serve(args) = &command { args.listen.clone() } else { None };
    let config = match configured(cli.instance, listen, settings) {
        Ok(config) => config,
        Err(error) => return complain_settings(console, &error),
    };
    match command {
        Command::Serve(args) => serve::run(console, config, &args),
        Command::Work(args) => work::run(console, config, &args),
        Command::Tenant(command) => tenant::run(console, &config, command),
        Command::App(command) => app::run(console, &config, command),
        Command::Import(args) => import::run(console, &config, &args),
        Command::Seal(args) => seal::run(console, &config, &args),
        Command::Key(command) => key::run(console, &config, &command),
        Command::Verify(args) => verify::run(console, &config, &args),
    }
}

/// Command line over environment (clap has merged the two) over file over defaults.
fn configured(args: InstanceArgs, listen: Option<String>, file: config::File) -> Result<Config, ConfigError> {
    let listen = listen.or(file.listen).unwrap_or_else(|| config::LISTEN.to_owned());
    let settings = BucketFile { endpoint: file.s3_endpoint, region: file.s3_region, keys: file.s3_keys };
    let bucket = args.files.or(file.files).map(|url| {
        let described = BucketConfig::read(&url, settings, |name| std::env::var(name).ok())?;
        Bucket::new(&described).map(Arc::new).map_err(ConfigError::BadBucket)
    });
    Ok(Config {
        bucket: bucket.transpose()?,
        data: args.data.or(file.data).unwrap_or_else(|| config::DATA.into()),
        database: args.database.or(file.database),
        key_file: args.key_file.or(file.key_file),
        listen: config::address(&listen)?,
        tls: file.tls.unwrap_or(false),
        zone: config::zone(file.time_zone.as_deref().unwrap_or(config::TIME_ZONE))?,
        files: config::FileLimits {
            file: file.file_megabytes.unwrap_or(config::FILE_MEGABYTES),
            tenant: file.tenant_megabytes.unwrap_or(config::TENANT_MEGABYTES),
        },
        access_log_days: config::access_log_days(file.access_log_days.unwrap_or(config::ACCESS_LOG_DAYS))?,
    })
}

fn complain_settings(console: Console, error: &ConfigError) -> Outcome {
    console.complain(Text("设置有误：{0}", "wrong settings: {0}"), &[&error.to_string()]);
    Outcome::Usage
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent_and_every_argument_explained() {
        fn explained(command: &clap::Command) {
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} of {}", argument.get_id(), command.get_name());
            }
            command.get_subcommands().for_each(explained);
        }
        super::Cli::command().debug_assert();
        explained(&super::Cli::command());
    }
}
