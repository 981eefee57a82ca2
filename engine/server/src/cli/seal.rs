//! `kontor seal`: seals history and the access log now and prints the newest seal, to be kept elsewhere.
use clap::Args;

use super::{Console, Outcome, open, reason};
use crate::{config::Config, language::Text};

/// Options of `seal`.
#[derive(Debug, Args)]
pub(super) struct SealArgs {
    /// The tenant
    #[arg(long, value_name = "NAME")]
    tenant: String,
}

/// Runs the command: prints `NUMBER:HASH`, as `kontor verify --head` takes it.
pub(super) fn run(console: Console, config: &Config, args: &SealArgs) -> Outcome {
    let (engine, tenant) = match open::tenant(console, config, &args.tenant) {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    match kontor_records::seal_blocking(tenant.db(), engine.now()) {
        Ok(head) => {
            console.print(&format!("{}:{}", head.number, head.hash));
            Outcome::Good
        }
        Err(error) => {
            console.complain(Text("无法封存：{0}", "it cannot be sealed: {0}"), &[&reason::of_records(console, &error)]);
            Outcome::Failed
        }
    }
}
