//! The key file of an instance: it wraps the data keys of the tenants. Made once, readable by its owner alone, kept beside
//! the data but never in a backup of a database.
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use ring::{
    aead::LessSafeKey,
    hkdf::{HKDF_SHA256, Prk, Salt},
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use uuid::Uuid;

use super::{
    data_key::{KEY, aes_key},
    from_hex, hex,
};
use crate::error::StorageError;

/// What stands before the digits.
const MARK: &str = "kontor-key-1 ";

/// The key file of an instance, read when it is first needed.
pub(crate) struct KeyFile {
    path: PathBuf,
    key: Mutex<Option<[u8; KEY]>>,
}

impl KeyFile {
    /// The file at this place.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, key: Mutex::new(None) }
    }

    /// Makes the file if it is not there; says so if it is there and cannot be used.
    pub(crate) fn ensure(&self) -> Result<(), StorageError> {
        if !self.path.exists() {
            self.make()?;
        }
        self.read().map(drop)
    }

    /// Stands for exactly this key.
    pub(crate) fn fingerprint(&self) -> Result<String, StorageError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.read()?);
        Ok(hex(hmac::sign(&key, b"kontor key file").as_ref()))
    }

    /// What data keys are wrapped with.
    pub(super) fn wrapping(&self) -> Result<LessSafeKey, StorageError> {
        aes_key(&self.source()?, &[b"wrap"])
    }

    /// The error for a file that is not the one the data was written with.
    pub(crate) fn wrong(&self) -> StorageError {
        self.error("is not the one that the sensitive fields of this database were encrypted with; put the right file there")
    }

    fn source(&self) -> Result<Prk, StorageError> {
        Ok(Salt::new(HKDF_SHA256, b"kontor key file 1").extract(&self.read()?))
    }

    fn read(&self) -> Result<[u8; KEY], StorageError> {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = *known {
            return Ok(key);
        }
        let text = std::fs::read_to_string(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.error(
                "is missing, and sensitive fields of this database are encrypted with it; bring the file back, \
                 or name the place where it is (key_file in kontor.toml, KONTOR_KEY_FILE)",
            ),
            _ => self.error(&format!("cannot be read: {error}")),
        })?;
        let digits = text.trim().strip_prefix(MARK).and_then(from_hex);
        let key = digits.and_then(|bytes| <[u8; KEY]>::try_from(bytes).ok());
        let key = key.ok_or_else(|| self.error("holds no key: it was damaged or is another file"))?;
        self.warn_of_readers();
        *known = Some(key);
        Ok(key)
    }

    fn make(&self) -> Result<(), StorageError> {
        let mut key = [0; KEY];
        SystemRandom::new().fill(&mut key).map_err(|_no_entropy| self.error("cannot be made: no random numbers"))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // The folder is that of the data unless somebody named another one.
        if let Some(folder) = self.path.parent() {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| self.error(&format!("cannot be made: {error}")))?;
        }
        // Whole before it has its name: another process that starts now sees nothing or all of it, and the first one's stays.
        let fresh = self.path.with_extension(format!("{}.new", Uuid::new_v4().simple()));
        let written = options.open(&fresh).and_then(|mut file| {
            file.write_all(format!("{MARK}{}\n", hex(&key)).as_bytes())?;
            file.sync_all()?;
            std::fs::hard_link(&fresh, &self.path)
        });
        let removed = std::fs::remove_file(&fresh);
        match written.and(removed) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(self.error(&format!("cannot be made: {error}"))),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    #[cfg(unix)]
    fn warn_of_readers(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        let open = std::fs::metadata(&self.path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
        if open {
            tracing::warn!(file = %self.path.display(), "others than its owner can read the key file; chmod 600 it");
        }
    }

    #[cfg(not(unix))]
    fn warn_of_readers(&self) {}

    fn error(&self, what: &str) -> StorageError {
        StorageError::KeyFile(format!("the key file {} {what}", self.path.display()))
    }
}
