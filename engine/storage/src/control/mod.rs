//! The tables of the control database: tenants, logins, memberships, sessions, API keys, jobs. One file of fixed SQL each.
pub mod api_keys;
pub mod jobs;
pub(crate) mod key_file;
pub mod logins;
pub mod memberships;
pub mod sessions;
pub mod tenants;

#[cfg(test)]
mod tests;
