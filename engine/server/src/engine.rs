//! What every request works with: the store, the tenants, the places where passwords are hashed.
use std::sync::Arc;

use kontor_storage::Store;

use crate::{config::Config, language::Language, sign_in::password::Passwords};

/// A running instance without its sockets.
pub struct Engine {
    config: Config,
    store: Arc<Store>,
    passwords: Passwords,
}

impl Engine {
    /// An instance on an opened store.
    pub fn new(config: Config, store: Arc<Store>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { config, store, passwords: Passwords::new(cores) }
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Why it cannot serve now; empty when it can.
    pub async fn reasons_not_ready(&self, _language: Language) -> Vec<String> {
        Vec::new()
    }
}
