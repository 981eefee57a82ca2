//! Who is asking: passwords, sessions, lock-out.
pub mod attempts;
pub mod password;
pub mod secret;
pub mod sessions;
