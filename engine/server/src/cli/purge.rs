//! `kontor app purge`: shows what the definitions of a tenant no longer use, and removes it for good.
use clap::Args;
use kontor_apps::{AppError, Purging, UnusedKind, UnusedPart};

use super::{Console, Outcome};
use crate::{engine::Engine, language::Text};

/// Options of `app purge`.
#[derive(Debug, Args)]
pub(super) struct PurgeArgs {
    /// The tenant's name
    #[arg(long)]
    pub(super) tenant: String,
    /// What shall go, by the keys that the command shows without any
    keys: Vec<String>,
    /// The values in it may go, too; they cannot be brought back
    #[arg(long)]
    accept_loss: bool,
}

/// Shows what is not used, or purges what the keys name.
pub(super) fn run(console: Console, engine: &Engine, args: &PurgeArgs) -> Result<Outcome, AppError> {
    let tenant = engine.apps().tenant_named(&args.tenant)?;
    if args.keys.is_empty() {
        tenant.unused()?.iter().for_each(|part| print(console, part));
        return Ok(Outcome::Good);
    }
    let purging = Purging { keys: args.keys.clone(), accept_loss: args.accept_loss };
    let gone = tenant.purge_unused(&purging, engine.own_act())?;
    gone.iter().for_each(|part| print(console, part));
    console.tell(
        Text("已清除 {0} 项（第 {1} 号版本）。", "Purged {0} of them (revision {1})."),
        &[&gone.len().to_string(), &tenant.snapshot().revision.to_string()],
    );
    Ok(Outcome::Good)
}

fn print(console: Console, part: &UnusedPart) {
    let what = match part.kind {
        UnusedKind::Entity => Text("{0}  {1}：{2} 条记录{3}", "{0}  {1}: {2} record(s){3}"),
        UnusedKind::Field => Text("{0}  {1}：{2} 个值{3}", "{0}  {1}: {2} value(s){3}"),
        UnusedKind::Former => Text("{0}  {1}（原类型）：{2} 个值{3}", "{0}  {1} (former type): {2} value(s){3}"),
    };
    let draft = if part.in_draft { console.language.of(Text("，草稿中又用到", ", used again by the draft")) } else { "" };
    let line = what.with(&[&part.key, &part.name(), &part.values.to_string(), draft]);
    console.print(console.language.pick(&line));
}
