//! `kontor key …`: the key file of sensitive fields.
use clap::Subcommand;
use kontor_definitions::TenantId;
use kontor_storage::{StorageError, Store};

use super::{Console, Outcome, open, reason};
use crate::{config::Config, language::Text};

/// What can be done with the key file.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Put a new key into the key file and wrap the data keys of all tenants with it; may be stopped and run again
    Rotate,
}

/// Runs the command.
pub(super) fn run(console: Console, config: &Config, command: &KeyCommand) -> Outcome {
    let engine = match open::engine(console, config) {
        Ok(engine) => engine,
        Err(outcome) => return outcome,
    };
    let store = engine.apps().store();
    let rotated = match command {
        KeyCommand::Rotate => rotate(store),
    };
    let file = store.key_file().display().to_string();
    match rotated {
        Ok(Some((wrapped, all))) => {
            let text = Text(
                "{0} 已换用新密钥；{2} 个租户中 {1} 个的数据密钥已重新加密。请另外保存新的密钥文件；只要还留有更换前的数据库备份，旧的密钥文件也要保留。各自持有密钥文件副本的服务器需要换上新文件。",
                "{0} has a new key, with which the data keys of {1} of {2} tenants are wrapped. Keep a copy of the new file; keep the old one as long as there are backups of the database from before. Servers with a copy of their own need the new file.",
            );
            console.tell(text, &[&file, &wrapped.to_string(), &all.to_string()]);
            Outcome::Good
        }
        Ok(None) => {
            let text = Text(
                "另一个进程正在更换 {0} 中的密钥，请等它完成。",
                "another process is changing the key in {0}; wait until it is done",
            );
            console.complain(text, &[&file]);
            Outcome::Failed
        }
        Err(error) => {
            let text = Text(
                "密钥更换未完成：{0}。现有数据均可正常使用；排除原因后再次运行即可继续。",
                "the key is not changed yet: {0}; everything can be used as it is, run the command again to go on",
            );
            console.complain(text, &[&reason::of_store(console, &error)]);
            Outcome::Failed
        }
    }
}

/// How many tenants' keys were wrapped anew, of how many; none while another process does it.
fn rotate(store: &Store) -> Result<Option<(usize, usize)>, StorageError> {
    let Some(rotation) = store.rotate_key()? else { return Ok(None) };
    let tenants = store.control().read_blocking(kontor_storage::control::tenants::list)?;
    let tenants: Vec<TenantId> = tenants.into_iter().map(|tenant| tenant.id).collect();
    let mut wrapped = 0;
    for tenant in &tenants {
        wrapped += usize::from(rotation.wrap(*tenant)?);
    }
    rotation.finish(&tenants)?;
    Ok(Some((wrapped, tenants.len())))
}
