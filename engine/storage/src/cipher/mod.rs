//! Encryption of sensitive values: the key file of an instance, the data key of a tenant, and the one way a value is
//! sealed and opened.
//!
//! Rows are encrypted in `writes.rs` and decrypted in `rows.rs`; history asks [`Cipher`] itself. Nobody else sees keys.
mod data_key;
mod key_file;
mod plain;

pub use data_key::{Cell, Cipher};
pub(crate) use key_file::KeyFile;

pub(crate) use crate::system::hex;

/// The bytes that these digits stand for.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests;
