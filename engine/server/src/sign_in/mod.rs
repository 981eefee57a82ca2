//! Who is asking: passwords, sessions, lock-out.
pub mod password;
pub mod secret;
