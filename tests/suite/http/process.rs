//! A server on a socket: it answers, refuses a taken port, and ends when it is told to.
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use kontor_server::{Config, StartError, config, start};

use crate::harness::{both_databases, database::Database};

both_databases!(a_server_starts_answers_and_stops);

fn a_server_starts_answers_and_stops(database: &Database) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let settings = database.config();
    let config = Config {
        key_file: None,
        data: settings.data,
        database: settings.database,
        listen: config::address("127.0.0.1:0").unwrap(),
        tls: false,
        zone: config::zone(config::TIME_ZONE).unwrap(),
        files: config::FileLimits::default(),
        bucket: None,
        access_log_days: config::ACCESS_LOG_DAYS,
    };
    let running = runtime.block_on(start(config.clone())).unwrap_or_else(|error| panic!("{error}"));
    let addr = running.addr;
    assert!(ask(addr, "GET /healthz").starts_with("HTTP/1.1 200 OK"));
    assert!(ask(addr, "HEAD /readyz").ends_with("\r\n\r\n"), "no body for HEAD");
    let large = format!("POST /api/session HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", 11 << 20);
    assert!(exchange(addr, &[large.as_bytes(), &vec![b' '; 11 << 20]].concat()).starts_with("HTTP/1.1 413"));
    let again = runtime.block_on(start(Config { listen: addr, ..config }));
    assert!(matches!(again, Err(StartError::Listen(..))));
    runtime.block_on(running.stop());
    assert!(TcpStream::connect(addr).is_err());
}

fn ask(addr: SocketAddr, line: &str) -> String {
    exchange(addr, format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes())
}

fn exchange(addr: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
