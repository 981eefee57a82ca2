//! `kontor serve`: serves until it is told to stop.
use std::sync::Arc;

use clap::Args;
use kontor_storage::StorageError;
use tracing_subscriber::EnvFilter;

use super::{Console, Outcome, demo, reason};
use crate::{
    config::Config,
    engine::Engine,
    files::is_full,
    language::Text,
    server::{self, Jobs, Running, StartError},
};

/// Options of `serve`.
#[derive(Debug, Default, Args)]
pub(super) struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "KONTOR_LISTEN")]
    pub(super) listen: Option<String>,
    /// Make the tenant `demo` in an empty data directory: the trade template with sample data and accounts that share one known
    /// password; only while listening on this machine
    #[arg(long)]
    demo: bool,
    /// Allow --demo on an address that others can reach
    #[arg(long, requires = "demo")]
    demo_anywhere: bool,
    /// Leave periodic work to other processes (`kontor work`, or `kontor serve` without this)
    #[arg(long)]
    no_work: bool,
}

impl ServeArgs {
    /// What `kontor` alone means.
    pub(super) fn demo() -> Self {
        Self { listen: std::env::var("KONTOR_LISTEN").ok(), demo: true, demo_anywhere: false, no_work: false }
    }
}

/// Runs the command.
pub(super) fn run(console: Console, config: Config, args: &ServeArgs) -> Outcome {
    if args.demo && !args.demo_anywhere && !config.listen.ip().is_loopback() {
        let text = Text(
            "演示数据使用公开的密码，只能在本机地址上提供（{0} 可被他人访问）。确有需要请加 --demo-anywhere。",
            "the demo has known passwords and is served on this machine only, but {0} can be reached by others; add --demo-anywhere if you mean it",
        );
        console.complain(text, &[&config.listen.to_string()]);
        return Outcome::Usage;
    }
    log();
    let jobs = if args.no_work { Jobs::Elsewhere } else { Jobs::Here };
    on_runtime(console, until_stopped(console, config, args.demo, jobs))
}

/// Runs a command to its end on a runtime of its own.
pub(super) fn on_runtime(console: Console, command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console.complain(Text("无法启动：{0}", "cannot start: {0}"), &[&error.to_string()]);
            return Outcome::Failed;
        }
    };
    runtime.block_on(command)
}

async fn until_stopped(console: Console, config: Config, demo: bool, jobs: Jobs) -> Outcome {
    let address = config.listen;
    let listener = match server::listen(address).await {
        Ok(listener) => listener,
        Err(error) => return complain(console, &error),
    };
    let prepared = tokio::task::spawn_blocking(move || prepare(console, config, demo)).await;
    let engine = match prepared {
        Ok(Ok(engine)) => engine,
        Ok(Err(outcome)) => return outcome,
        Err(lost) => return complain(console, &StartError::Lost(lost.to_string())),
    };
    if let Err(error) = server::prepare_files(&engine).await {
        return complain(console, &error);
    }
    let running = match server::serve(engine, listener, jobs) {
        Ok(running) => running,
        Err(error) => return complain(console, &error),
    };
    let stop = stop_asked();
    announce(console, &running, demo);
    stop.await;
    console.tell(Text("正在停止…", "stopping…"), &[]);
    running.stop().await;
    Outcome::Good
}

/// Opens the store, and makes the demo where it was asked for.
fn prepare(console: Console, config: Config, demo: bool) -> Result<Arc<Engine>, Outcome> {
    let store = server::open(&config).map_err(|error| complain(console, &error))?;
    let engine = Arc::new(Engine::new(config, store));
    if demo {
        demo::prepare(console, &engine)?;
    }
    Ok(engine)
}

fn announce(console: Console, running: &Running, demo: bool) {
    let address = format!("http://{}", running.addr);
    console.print(console.language.pick(&Text("Kontor 已就绪：{0}", "Kontor is ready: {0}").with(&[&address])));
    if demo {
        demo::show_accounts(console);
    }
    console.tell(Text("按 Ctrl+C 停止。", "Press Ctrl+C to stop."), &[]);
}

/// One clear line for an instance that does not start.
pub(super) fn complain(console: Console, error: &StartError) -> Outcome {
    match error {
        StartError::DataDirectory(path, cause) if is_full(cause) => console.complain(
            Text(
                "磁盘空间已满：{0} 无法写入。请释放空间后重试。",
                "the disk is full: nothing can be written in {0}; make room and try again",
            ),
            &[&path.display().to_string()],
        ),
        StartError::Database(cause @ StorageError::DiskFull) => {
            console.complain(
                Text("无法打开数据库：{0}。", "the database cannot be opened: {0}"),
                &[&reason::of_store(console, cause)],
            );
        }
        StartError::DataDirectory(path, cause) => console.complain(
            Text(
                "数据目录 {0} 无法写入（{1}）。请检查权限，或用 --data 指定其他目录。",
                "the data directory {0} cannot be written ({1}); check its rights or choose another one with --data",
            ),
            &[&path.display().to_string(), &cause.to_string()],
        ),
        StartError::Database(StorageError::KeyFile(cause)) => {
            console.complain(
                Text("敏感字段的密钥文件不可用：{0}", "the key file of sensitive fields cannot be used: {0}"),
                &[cause],
            );
        }
        StartError::Database(cause) => console.complain(
            Text(
                "无法打开数据库（{0}）。请检查数据库是否运行、--database 的地址是否正确。",
                "the database cannot be opened ({0}); check that it runs and that --database names it rightly",
            ),
            &[&cause.to_string()],
        ),
        StartError::Listen(address, cause) => console.complain(
            Text(
                "无法监听 {0}（{1}）。请停止占用该端口的程序，或用 --listen 指定其他地址。",
                "cannot listen on {0} ({1}); stop what uses the port or choose another address with --listen",
            ),
            &[&address.to_string(), &cause.to_string()],
        ),
        StartError::Bucket(cause) => console.complain(
            Text(
                "无法使用文件存储桶（{0}）。请检查 --files 的地址、KONTOR_S3_ENDPOINT 和密钥。",
                "the bucket of files cannot be used ({0}); check --files, KONTOR_S3_ENDPOINT and the keys",
            ),
            &[cause],
        ),
        StartError::Lost(cause) => console.complain(Text("无法启动：{0}", "cannot start: {0}"), &[cause]),
    }
    Outcome::Failed
}

/// Waits for Ctrl+C or SIGTERM. SIGTERM is heard from this call on, not only once the answer is waited for.
pub(super) fn stop_asked() -> impl Future<Output = ()> {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    #[cfg(unix)]
    let terminated = async {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_not_available) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    async {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
}

/// Logs go to stderr; `KONTOR_LOG` chooses what (`info`, `kontor_server=debug`, …).
pub(super) fn log() {
    let filter = EnvFilter::try_from_env("KONTOR_LOG").unwrap_or_else(|_not_set| EnvFilter::new("warn"));
    // A second subscriber in one process (tests) changes nothing.
    let _already_set = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
