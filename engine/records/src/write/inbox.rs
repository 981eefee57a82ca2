//! Step: a request with an idempotency key is done once; its answer is stored in the same transaction and given again.
use kontor_storage::system::inbox::{self, InboxKey, Stored};

use crate::{
    error::RecordsError,
    session::{IdempotencyKey, Session},
};

/// Characters of a key at most.
const LONGEST_KEY: usize = 255;

impl Session<'_> {
    /// Runs a write at most once per key: the first answer is stored in the same transaction and given again.
    pub fn once(
        &mut self,
        key: Option<&IdempotencyKey>,
        job: impl FnOnce(&mut Self) -> Result<String, RecordsError>,
    ) -> Result<String, RecordsError> {
        let Some(key) = key else { return job(self) };
        let route: String = key.key.chars().take(LONGEST_KEY).collect();
        // What a request says of sensitive fields must not be found out by hashing guesses.
        let fingerprint = match &self.frame.physical.cipher {
            Some(cipher) => cipher.disguise(&key.fingerprint)?,
            None => key.fingerprint.clone(),
        };
        let of = InboxKey { subject: self.frame.rights.actor().user.0, route: "records".to_owned(), key: route };
        if let Some(stored) = inbox::find(self.tx, &of)? {
            let same = stored.request_hash == fingerprint || stored.request_hash == key.fingerprint;
            return if same { Ok(stored.answer) } else { Err(RecordsError::KeyReused) };
        }
        let answer = job(self)?;
        let stored = Stored { request_hash: fingerprint, answer };
        inbox::put(self.tx, &of, &stored, self.frame.now)?;
        Ok(stored.answer)
    }
}
