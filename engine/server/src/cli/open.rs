//! What a command works on: the engine, and a tenant by its name. Where it cannot be had, one line says why.
use std::sync::Arc;

use kontor_apps::Tenant;

use super::{Console, Outcome, app, serve::complain};
use crate::{config::Config, engine::Engine, server};

/// The engine on the store of the settings.
pub(super) fn engine(console: Console, config: &Config) -> Result<Engine, Outcome> {
    let store = server::open(config).map_err(|error| complain(console, &error))?;
    Ok(Engine::new(config.clone(), store))
}

/// The same with a tenant.
pub(super) fn tenant(console: Console, config: &Config, name: &str) -> Result<(Engine, Arc<Tenant>), Outcome> {
    let engine = engine(console, config)?;
    let tenant = engine.apps().tenant_named(name).map_err(|error| app::complain(console, &error))?;
    Ok((engine, tenant))
}
