//! A server in a process of its own, on a socket of this machine; killed when dropped.
use std::{
    io::{self, BufRead as _, BufReader, Lines, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

use super::{database::Database, instance::PASSWORD, program};

/// Nothing that a test asks takes so long.
const LIMIT: Duration = Duration::from_secs(60);

/// What starts a server.
pub(crate) const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// The process.
pub(crate) struct Node {
    process: Child,
    address: Address,
    /// Kept open: a process that says something after a minute, as one that runs a test does, must not die of it.
    _output: Lines<BufReader<ChildStdout>>,
}

/// Where a server is asked.
#[derive(Clone, Copy)]
pub(crate) struct Address(SocketAddr);

/// A signed-in person.
#[derive(Clone)]
pub(crate) struct Person(String);

/// What a server answered, and between which moments.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Json,
    pub(crate) sent: Instant,
    pub(crate) answered: Instant,
    head: String,
}

impl Node {
    /// Starts a server on a database and waits until it listens.
    pub(crate) fn start(database: &Database) -> Self {
        Self::of(program::kontor(database, &SERVE))
    }

    /// Starts a server by this command and waits until it listens.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let addr = output
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| line.split_once("http://").map(|(_, addr)| addr.parse().unwrap()));
        Self { address: Address(addr.expect("the server says where it listens")), process, _output: output }
    }

    /// Whether the process is there.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Where it is asked.
    pub(crate) fn at(&self) -> Address {
        self.address
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Address {
    /// Somebody signs in here.
    pub(crate) fn signed_in(self, name: &str) -> Person {
        self.signed_in_to("test", name)
    }

    /// Somebody signs in to a tenant.
    pub(crate) fn signed_in_to(self, tenant: &str, name: &str) -> Person {
        let body = json!({"email": format!("{name}@test.kontor"), "password": PASSWORD, "tenant": tenant});
        let reply = self.ask(&Person(String::new()), "POST /api/session", Some(&body)).unwrap().expect(200);
        let cookie = reply.head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
        let cookie = cookie.unwrap().split_once(':').unwrap().1.trim().split(';').next().unwrap();
        Person(format!("cookie: {cookie}\r\nx-csrf-token: {}\r\n", reply.body["csrf"].as_str().unwrap()))
    }

    /// A request and its answer; an error when the server is gone.
    pub(crate) fn ask(self, person: &Person, line: &str, body: Option<&Json>) -> io::Result<Reply> {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send(person, line, body.as_ref().map(|(kind, bytes)| (*kind, bytes.as_slice())))
    }

    /// The same with any body.
    pub(crate) fn send(self, person: &Person, line: &str, body: Option<(&str, &[u8])>) -> io::Result<Reply> {
        let sent = Instant::now();
        let mut socket = self.request(person, line, body)?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let is_json = head.to_ascii_lowercase().contains("json\r\n");
        let body = if body.is_empty() || !is_json { Json::Null } else { serde_json::from_str(body)? };
        Ok(Reply { status, body, sent, answered: Instant::now(), head: head.to_owned() })
    }

    /// An open stream of events, from which can be read.
    pub(crate) fn follow(self, person: &Person) -> Stream {
        let mut socket = BufReader::new(self.request(person, "GET /api/events", None).unwrap());
        let mut line = String::new();
        // The first piece comes when the server has found its place.
        while !line.starts_with("retry:") {
            line.clear();
            assert!(socket.read_line(&mut line).unwrap() > 0, "the stream ended");
        }
        Stream(socket)
    }

    fn request(self, person: &Person, line: &str, body: Option<(&str, &[u8])>) -> io::Result<TcpStream> {
        let mut socket = TcpStream::connect(self.0)?;
        socket.set_read_timeout(Some(LIMIT))?;
        let (kind, body) = body.unwrap_or_default();
        let kind = if body.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
        let head = format!(
            "{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{}{kind}content-length: {}\r\n\r\n",
            person.0,
            body.len()
        );
        socket.write_all(&[head.as_bytes(), body].concat())?;
        Ok(socket)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One that was killed already has no more to be told.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Person {
    /// The same, who reads another language.
    pub(crate) fn reading(&self, language: &str) -> Self {
        Self(format!("{}accept-language: {language}\r\n", self.0))
    }
}

impl Reply {
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("{}", self.body)).to_owned()
    }

    /// Whether both were under way at some moment.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.sent < other.answered && other.sent < self.answered
    }
}

/// An open stream of events.
pub(crate) struct Stream(BufReader<TcpStream>);

impl Stream {
    /// The next event.
    pub(crate) fn next(&mut self) -> Json {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}
