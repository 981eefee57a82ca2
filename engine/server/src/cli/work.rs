//! `kontor work`: does the periodic work of an instance, without HTTP, until it is told to stop.
use std::sync::Arc;

use clap::Args;

use super::{
    Console, Outcome,
    serve::{complain, log, on_runtime, stop_asked},
};
use crate::{
    config::Config,
    engine::Engine,
    jobs,
    language::Text,
    server::{self, StartError, Worker},
};

/// Options of `work`.
#[derive(Debug, Args)]
pub(super) struct WorkArgs {
    /// Do what is due now and end
    #[arg(long)]
    once: bool,
}

/// Runs the command.
pub(super) fn run(console: Console, config: Config, args: &WorkArgs) -> Outcome {
    log();
    on_runtime(console, work(console, config, args.once))
}

async fn work(console: Console, config: Config, once: bool) -> Outcome {
    let opened = tokio::task::spawn_blocking(move || server::open(&config).map(|store| Arc::new(Engine::new(config, store))));
    let engine = match opened.await {
        Ok(Ok(engine)) => engine,
        Ok(Err(error)) => return complain(console, &error),
        Err(lost) => return complain(console, &StartError::Lost(lost.to_string())),
    };
    if let Err(error) = server::prepare_files(&engine).await {
        return complain(console, &error);
    }
    if once {
        return match jobs::run_due(&engine).await {
            Ok(runs) => {
                console.tell(Text("已执行 {0} 项到期任务。", "{0} due job(s) done."), &[&runs.to_string()]);
                Outcome::Good
            }
            Err(error) => complain(console, &StartError::Database(error)),
        };
    }
    let (worker, stop) = (Worker::start(&engine), stop_asked());
    console.print(console.language.of(Text("Kontor 正在执行定期任务。", "Kontor does the periodic work.")));
    console.tell(Text("按 Ctrl+C 停止。", "Press Ctrl+C to stop."), &[]);
    stop.await;
    console.tell(Text("正在停止…", "stopping…"), &[]);
    worker.stop().await;
    Outcome::Good
}
