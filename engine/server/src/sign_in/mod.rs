//! Who is asking: passwords, sessions, lock-out.
pub mod attempts;
pub mod password;
mod recent;
pub mod secret;
pub mod sessions;
