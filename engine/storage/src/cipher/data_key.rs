//! The key of one tenant: values are sealed with AES-256-GCM to the place they stand in, and fingerprinted per field so that
//! equal ones can be found.
//!
//! A sealed value is `1`, a random nonce of 12 bytes, the encrypted bytes and the tag. What is authenticated with it names
//! tenant, entity, field, record and what the value is kept for, so that none can be moved to another place.
use std::{fmt, sync::Arc};

use kontor_definitions::{EntityId, FieldId, Plain, Value};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use uuid::Uuid;

use super::{KeyFile, from_hex, hex, plain};
use crate::error::StorageError;

/// Bytes of a key.
pub(super) const KEY: usize = 32;

/// The form of sealed values, their first byte.
const FORM: u8 = 1;

/// The place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The entity.
    pub entity: EntityId,
    /// The field.
    pub field: FieldId,
    /// The record; of a line the line itself.
    pub record: Uuid,
}

/// What seals and opens the sensitive values of one tenant.
pub struct Cipher {
    tenant: String,
    sealing: LessSafeKey,
    source: Prk,
    random: SystemRandom,
    /// The data key as it is stored, to tell one cipher from another.
    wrapped: String,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher")
    }
}

impl PartialEq for Cipher {
    fn eq(&self, other: &Self) -> bool {
        self.tenant == other.tenant && self.wrapped == other.wrapped
    }
}

impl Cipher {
    /// Makes a tenant a data key; answers its cipher, whose wrapped key is to be stored.
    pub(crate) fn make(file: &KeyFile, tenant: &str) -> Result<Arc<Self>, StorageError> {
        // Never with a key that is being replaced.
        file.refresh();
        let random = SystemRandom::new();
        let mut key = [0; KEY];
        random.fill(&mut key).map_err(|_no_entropy| failed())?;
        let wrapped = seal(&file.wrapping()?, &random, &wrapping_place(tenant), key.to_vec())?;
        Self::of(&key, tenant, hex(&wrapped))
    }

    /// The cipher of a stored data key; the key file must be the one it was wrapped with.
    pub(crate) fn unwrap(file: &KeyFile, tenant: &str, wrapped: String) -> Result<Arc<Self>, StorageError> {
        let key = match unwrapped(&file.unwrapping()?, tenant, &wrapped)? {
            Some(key) => key,
            None => {
                // The key file has got another key since it was read.
                file.refresh();
                unwrapped(&file.unwrapping()?, tenant, &wrapped)?.ok_or_else(|| file.wrong())?
            }
        };
        Self::of(&key, tenant, wrapped)
    }

    /// A stored data key wrapped with the key in use; none where it is already.
    pub(crate) fn rewrap(file: &KeyFile, tenant: &str, wrapped: &str) -> Result<Option<String>, StorageError> {
        if unwrapped(&[file.wrapping()?], tenant, wrapped)?.is_some() {
            return Ok(None);
        }
        let key = unwrapped(&file.unwrapping()?, tenant, wrapped)?.ok_or_else(|| file.wrong())?;
        let random = SystemRandom::new();
        Ok(Some(hex(&seal(&file.wrapping()?, &random, &wrapping_place(tenant), key.to_vec())?)))
    }

    fn of(key: &[u8; KEY], tenant: &str, wrapped: String) -> Result<Arc<Self>, StorageError> {
        let source = Salt::new(HKDF_SHA256, b"kontor data key 1").extract(key);
        let sealing = aes_key(&source, &[b"seal"])?;
        Ok(Arc::new(Self { tenant: tenant.to_owned(), sealing, source, random: SystemRandom::new(), wrapped }))
    }

    /// The data key as it is stored.
    pub(crate) fn wrapped(&self) -> &str {
        &self.wrapped
    }

    /// A value of a row, sealed.
    pub(crate) fn seal(&self, cell: Cell, value: &Value) -> Result<Vec<u8>, StorageError> {
        seal(&self.sealing, &self.random, &self.place("value", cell), plain::bytes(value)?)
    }

    /// A sealed value of a row; nothing where it was damaged or belongs somewhere else.
    pub(crate) fn open(&self, cell: Cell, sealed: &[u8], ty: Plain) -> Option<Value> {
        let mut bytes = sealed.to_vec();
        plain::value(open(&self.sealing, &self.place("value", cell), &mut bytes)?, ty)
    }

    /// What equal values of a field have in common.
    pub(crate) fn fingerprint(&self, entity: EntityId, field: FieldId, value: &Value) -> Result<Vec<u8>, StorageError> {
        let info: [&[u8]; 3] = [b"fingerprint", entity.0.as_str().as_bytes(), field.0.as_str().as_bytes()];
        let key = hmac::Key::new(hmac::HMAC_SHA256, &derived(&self.source, &info)?);
        Ok(hmac::sign(&key, &plain::bytes(value)?).as_ref().to_vec())
    }

    /// A text about a record (what a history says of a field), sealed as digits.
    pub fn seal_note(&self, cell: Cell, note: &str) -> Result<String, StorageError> {
        seal(&self.sealing, &self.random, &self.place("note", cell), note.as_bytes().to_vec()).map(|sealed| hex(&sealed))
    }

    /// Such a text; nothing where it was damaged or belongs somewhere else.
    pub fn open_note(&self, cell: Cell, sealed: &str) -> Option<String> {
        let mut bytes = from_hex(sealed)?;
        let note = open(&self.sealing, &self.place("note", cell), &mut bytes)?;
        String::from_utf8(note.to_vec()).ok()
    }

    /// A text that stands for another one, and for nobody without the key: what requests with an idempotency key said.
    pub fn disguise(&self, text: &str) -> Result<String, StorageError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &derived(&self.source, &[b"request"])?);
        Ok(hex(hmac::sign(&key, text.as_bytes()).as_ref()))
    }

    fn place(&self, purpose: &str, cell: Cell) -> Vec<u8> {
        let Cell { entity, field, record } = cell;
        let mut place = format!("{purpose}|{}|{entity}|{field}|", self.tenant).into_bytes();
        place.extend_from_slice(record.as_bytes());
        place
    }
}

/// A data key, opened by the one of these keys that it was wrapped with.
fn unwrapped(keys: &[LessSafeKey], tenant: &str, wrapped: &str) -> Result<Option<[u8; KEY]>, StorageError> {
    let sealed = from_hex(wrapped).ok_or_else(failed)?;
    for wrapping in keys {
        if let Some(key) = open(wrapping, &wrapping_place(tenant), &mut sealed.clone()) {
            return <[u8; KEY]>::try_from(&*key).map(Some).map_err(|_wrong_length| failed());
        }
    }
    Ok(None)
}

fn wrapping_place(tenant: &str) -> Vec<u8> {
    format!("data key|{tenant}").into_bytes()
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY
    }
}

fn derived(source: &Prk, info: &[&[u8]]) -> Result<[u8; KEY], StorageError> {
    // The parts are kept apart: no list of parts reads like another one.
    let parts: Vec<&[u8]> = info.iter().flat_map(|part| [*part, b"|"]).collect();
    let mut key = [0; KEY];
    source.expand(&parts, Length).and_then(|okm| okm.fill(&mut key)).map_err(|_too_long| failed())?;
    Ok(key)
}

pub(super) fn aes_key(source: &Prk, info: &[&[u8]]) -> Result<LessSafeKey, StorageError> {
    let key = UnboundKey::new(&AES_256_GCM, &derived(source, info)?).map_err(|_wrong_length| failed())?;
    Ok(LessSafeKey::new(key))
}

fn seal(key: &LessSafeKey, random: &SystemRandom, place: &[u8], mut bytes: Vec<u8>) -> Result<Vec<u8>, StorageError> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce).map_err(|_no_entropy| failed())?;
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut bytes)
        .map_err(|_too_long| failed())?;
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + bytes.len());
    sealed.push(FORM);
    sealed.extend_from_slice(&nonce);
    sealed.append(&mut bytes);
    Ok(sealed)
}

fn open<'b>(key: &LessSafeKey, place: &[u8], sealed: &'b mut [u8]) -> Option<&'b mut [u8]> {
    let (form, rest) = sealed.split_first_mut()?;
    let (nonce, rest) = rest.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    if *form != FORM { None } else { key.open_in_place(nonce, Aad::from(place), rest).ok() }
}

fn failed() -> StorageError {
    StorageError::Bug("a sensitive value could not be encrypted".to_owned())
}
