//! Passwords: argon2id, off the database threads, only so many at a time.
use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// Passwords shorter than this are refused.
pub const SHORTEST: usize = 8;
/// Longer ones are refused, so that nobody makes us hash megabytes.
pub const LONGEST: usize = 256;

/// The place where passwords are hashed. Each hash takes 19 MB and some 20 ms on purpose, so few run at once.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

/// The hasher itself failed (out of memory).
#[derive(Debug, thiserror::Error)]
#[error("passwords cannot be hashed: {0}")]
pub struct HashingFailed(String);

impl Passwords {
    /// At most `at_once` at the same time; the others wait.
    pub fn new(at_once: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(at_once)) }
    }

    /// Whether a password fits a stored hash. Without a hash the same work is done for nothing, so that the time an
    /// answer takes does not tell whether the e-mail address is known.
    pub async fn fits(&self, password: String, stored: Option<String>) -> Result<bool, HashingFailed> {
        self.run(move || match stored {
            Some(stored) => {
                let parsed = PasswordHash::new(&stored).map_err(|error| HashingFailed(error.to_string()))?;
                Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
            }
            None => hash(&password).map(|_for_nothing| false),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashingFailed> + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|closed| HashingFailed(closed.to_string()))?;
        let work = move || {
            let _held_until_done = permit;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|lost| HashingFailed(lost.to_string()))?
    }
}

/// Hashes a password with a new salt; takes its time on the calling thread.
pub fn hash(password: &str) -> Result<String, HashingFailed> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| HashingFailed(error.to_string()))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Passwords, hash};

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let passwords = Passwords::new(1);
        let stored = hash("kontor-demo").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(passwords.fits("kontor-demo".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.fits("kontor-dem0".to_owned(), Some(stored)).await.unwrap());
        assert!(!passwords.fits("kontor-demo".to_owned(), None).await.unwrap());
    }
}
