//! Random secrets and their stored forms: session tokens, CSRF tokens.
use sha2::{Digest as _, Sha256};

/// A new secret of 256 random bits, as 64 hexadecimal digits.
pub fn new() -> String {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes);
    hex(&bytes)
}

/// What is stored of a secret. A plain hash is enough, because the secret is random.
pub fn hashed(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Compares in a time that does not depend on where the two differ.
pub fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn secrets_differ_and_compare() {
        let (one, other) = (super::new(), super::new());
        assert_eq!(one.len(), 64);
        assert!(!super::same(&one, &other) && super::same(&one, &one.clone()) && !super::same(&one, &one[1..]));
        assert_ne!(super::hashed(&one), one);
    }
}
