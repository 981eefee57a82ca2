//! System tables of a tenant, one file of fixed SQL each.
pub mod access_log;
pub mod aspect;
pub(crate) mod cells;
pub mod consistency;
pub(crate) mod data_key;
pub mod digest;
pub mod document;
pub mod draft;
pub mod event;
pub mod file;
pub mod history;
pub mod inbox;
pub mod integrity;
pub mod outbox;
pub mod package;
pub mod publishing;
pub mod retired_id;
pub mod revision;
pub mod seal;
pub mod search;
pub mod sequence;
pub mod state;
pub mod tombstone;

#[cfg(test)]
mod tests;

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
