//! An open stream of server-sent events, as a browser reads it.
use std::{
    pin::Pin,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody as _},
    http::Response,
};
use serde_json::Value as Json;
use tokio::runtime::Runtime;

/// A stream.
pub(crate) struct Events {
    pieces: Receiver<String>,
    /// The last id, with which one comes back.
    pub(crate) last_id: String,
}

impl Events {
    pub(super) fn read(runtime: &Runtime, response: Response<Body>) -> Self {
        let (sender, pieces) = mpsc::channel();
        let mut body = response.into_body();
        runtime.spawn(async move {
            let mut text = String::new();
            while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
                while let Some(end) = text.find("\n\n") {
                    let piece = text.drain(..end + 2).collect();
                    if sender.send(piece).is_err() {
                        return;
                    }
                }
            }
        });
        Self { pieces, last_id: String::new() }
    }

    /// The data of the next event, if one comes in time.
    pub(crate) fn next(&mut self, within: Duration) -> Option<Json> {
        let deadline = Instant::now() + within;
        while let Ok(piece) = self.pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            let mut data = None;
            for line in piece.lines() {
                if let Some(id) = line.strip_prefix("id: ") {
                    id.clone_into(&mut self.last_id);
                }
                data = line.strip_prefix("data: ").or(data);
            }
            if let Some(data) = data {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
        None
    }

    /// The next event, which must come within a second.
    pub(crate) fn expect(&mut self) -> Json {
        self.next(Duration::from_secs(1)).expect("an event within a second")
    }

    /// Whether the server ends the stream in time.
    pub(crate) fn ends(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        loop {
            match self.pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(_piece) => {}
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }
}
