//! The tables of the control database: tenants, logins, memberships, sessions, API keys.
