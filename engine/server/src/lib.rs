//! The shell around the engine: HTTP, sign-in, command line, clock, randomness, environment, the web app's files.
//!
//! Handlers parse, call `records` or `apps`, and serialise; they decide nothing. What goes wrong below is turned into an
//! answer once, in `error.rs`. The clock, randomness and the environment are read here only and passed down.
//!
//! Start reading at `http/routes.rs` (what can be asked), then `http/route.rs` (how a request passes), then `cli/mod.rs`.
pub mod cli;
pub mod config;
pub mod engine;
mod error;
mod events;
pub mod files;
pub mod findings;
pub mod http;
mod install;
pub mod jobs;
pub mod language;
pub mod problem;
pub mod screens;
pub mod server;
pub mod sign_in;

pub use config::Config;
pub use server::{Running, StartError, start};
