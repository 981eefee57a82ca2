//! Exact arithmetic inside SQLite: functions over numbers that are integers or order-preserving blobs.
//!
//! A stored decimal is an integer scaled by its column. A computed number can need more than 64 bits, so the
//! functions answer 16 bytes, big-endian with the sign bit flipped: comparing two of one scale as blobs compares
//! the numbers, so `<`, `ORDER BY`, `GROUP BY`, `min` and `max` need nothing else.
use rust_decimal::Decimal;

/// Begins the message of an error that an expression could not be computed.
pub(crate) const COMPUTATION: &str = "computation: ";

/// Registers the functions on a connection.
pub(crate) fn register(_connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    Ok(())
}

/// The number in a blob, as a decimal of this scale; `None` if it is too large for one.
pub(crate) fn decimal_from_blob(bytes: &[u8], scale: u8) -> Option<Decimal> {
    let whole = whole_from_blob(bytes)?;
    Decimal::try_from_i128_with_scale(whole, u32::from(scale)).ok()
}

/// The integer in a blob.
pub(crate) fn whole_from_blob(bytes: &[u8]) -> Option<i128> {
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(i128::from_be_bytes(bytes) ^ i128::MIN)
}

/// The blob of an integer.
pub(crate) fn blob_from_whole(whole: i128) -> Vec<u8> {
    (whole ^ i128::MIN).to_be_bytes().to_vec()
}
