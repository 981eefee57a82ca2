//! `kontor tenant …`: making tenants.
use std::io::BufRead as _;

use clap::{Args, Subcommand};
use kontor_apps::{Admin, AppError};

use super::{
    Console, Outcome, app, open,
    template::{self, Template},
};
use crate::{
    config::Config,
    engine::Engine,
    install::{self, How},
    language::Text,
    sign_in::password::{self, LONGEST, SHORTEST},
};

/// What can be done with tenants.
#[derive(Debug, Subcommand)]
pub(super) enum TenantCommand {
    /// Make a tenant with one administrator
    Create(CreateArgs),
}

/// Options of `tenant create`.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Name, 2 to 40 lower-case letters, digits or hyphens
    name: String,
    /// Shown title; the name if left out
    #[arg(long)]
    title: Option<String>,
    /// E-mail address the administrator signs in with
    #[arg(long, value_name = "E-MAIL")]
    admin_email: String,
    /// Read the administrator's password from the first line of standard input
    #[arg(long, required = true)]
    admin_password_stdin: bool,
    /// App to begin with
    #[arg(long, value_enum)]
    template: Option<Template>,
    /// Import the template's sample data too
    #[arg(long, requires = "template")]
    sample_data: bool,
}

/// Runs the command.
pub(super) fn run(console: Console, config: &Config, command: TenantCommand) -> Outcome {
    match command {
        TenantCommand::Create(args) => create(console, config, &args),
    }
}

fn create(console: Console, config: &Config, args: &CreateArgs) -> Outcome {
    let password = match read_password(console) {
        Ok(password) => password,
        Err(outcome) => return outcome,
    };
    if !args.admin_email.contains('@') {
        console.complain(Text("“{0}”不是邮箱地址。", "\"{0}\" is no e-mail address"), &[&args.admin_email]);
        return Outcome::Usage;
    }
    let engine = match open::engine(console, config) {
        Ok(engine) => engine,
        Err(outcome) => return outcome,
    };
    match made(console, &engine, args, &password) {
        Ok(()) => {
            console.tell(Text("租户“{0}”已就绪。", "The tenant {0} is ready."), &[&args.name]);
            Outcome::Good
        }
        Err(error) => app::complain(console, &error),
    }
}

fn made(console: Console, engine: &Engine, args: &CreateArgs, password: &str) -> Result<(), AppError> {
    let admin = Admin {
        email: args.admin_email.clone(),
        name: args.admin_email.split('@').next().unwrap_or_default().to_owned(),
        password_hash: password::hash(password).map_err(|error| AppError::Bug(error.to_string()))?,
        locale: console.language.tag().to_owned(),
        roles: vec!["base.administrator".to_owned()],
    };
    let title = args.title.as_deref().unwrap_or(&args.name);
    let tenant = engine.apps().create_tenant(&args.name, title, &admin, engine.own_act())?;
    if let Some(template) = args.template {
        let package = template::package(template);
        install::install(
            engine,
            &tenant,
            &package,
            engine.own_act(),
            How { sample: args.sample_data, ..How::default() },
            &mut *console.progress(),
        )?;
    }
    Ok(())
}

fn read_password(console: Console) -> Result<String, Outcome> {
    let mut line = String::new();
    if let Err(error) = std::io::stdin().lock().read_line(&mut line) {
        console.complain(Text("无法读取密码：{0}", "the password cannot be read: {0}"), &[&error.to_string()]);
        return Err(Outcome::Failed);
    }
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if (SHORTEST..=LONGEST).contains(&password.chars().count()) {
        return Ok(password);
    }
    console.complain(
        Text("密码须为 {0} 到 {1} 个字符。", "a password has {0} to {1} characters"),
        &[&SHORTEST.to_string(), &LONGEST.to_string()],
    );
    Err(Outcome::Usage)
}
