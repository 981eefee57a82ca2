//! The key file of an instance: it wraps the data keys of the tenants. Readable by its owner alone, kept beside the data but
//! never in a backup of a database.
//!
//! It holds one key. While a new one takes its place (`rotation.rs`) it holds two: the new one, with which data keys are wrapped
//! from then on, and below it the one before, with which some are wrapped still.
use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
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

type Key = [u8; KEY];

/// The key file of an instance, read when it is first needed.
pub(crate) struct KeyFile {
    path: PathBuf,
    keys: Mutex<Option<Keys>>,
}

/// What it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Keys {
    now: Key,
    before: Option<Key>,
}

impl KeyFile {
    /// The file at this place.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, keys: Mutex::new(None) }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file if it is not there; says so if it is there and cannot be used.
    pub(crate) fn ensure(&self) -> Result<(), StorageError> {
        if !self.path.exists() {
            let text = written(Keys { now: self.random()?, before: None });
            match self.write(&text, |fresh, path| std::fs::hard_link(fresh, path)) {
                // Another process that started now was quicker; its file stays.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => made.map_err(|error| self.error(&format!("cannot be made: {error}")))?,
            }
        }
        self.read().map(drop)
    }

    /// Reads the file again when it is next needed: another process may have changed it.
    pub(crate) fn refresh(&self) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Stands for exactly the key in use.
    pub(crate) fn fingerprint(&self) -> Result<String, StorageError> {
        Ok(fingerprint(&self.read()?.now))
    }

    /// The same for every key that it holds.
    pub(crate) fn fingerprints(&self) -> Result<Vec<String>, StorageError> {
        Ok(self.read()?.all().iter().map(fingerprint).collect())
    }

    /// What data keys are wrapped with.
    pub(super) fn wrapping(&self) -> Result<LessSafeKey, StorageError> {
        wrapping(&self.read()?.now)
    }

    /// What data keys may be wrapped with, the key in use first.
    pub(super) fn unwrapping(&self) -> Result<Vec<LessSafeKey>, StorageError> {
        self.read()?.all().iter().map(wrapping).collect()
    }

    /// Puts a new key above the one in use, unless there are two already: then that was begun before.
    pub(crate) fn add_key(&self) -> Result<(), StorageError> {
        let keys = self.read()?;
        if keys.before.is_some() {
            return Ok(());
        }
        self.replace(Keys { now: self.random()?, before: Some(keys.now) })
    }

    /// Takes the key before out: nothing may be wrapped with it any more.
    pub(crate) fn drop_key_before(&self) -> Result<(), StorageError> {
        let keys = self.read()?;
        if keys.before.is_none() { Ok(()) } else { self.replace(Keys { before: None, ..keys }) }
    }

    /// Keeps other processes from changing the file until the answer is dropped; none where one is changing it.
    pub(crate) fn lock(&self) -> Result<Option<File>, StorageError> {
        let place = self.path.with_extension("lock");
        let cannot = |error: io::Error| self.error(&format!("cannot be locked: {error}"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(place).map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// The error for a file that is not the one the data was written with.
    pub(crate) fn wrong(&self) -> StorageError {
        self.error("is not the one that the sensitive fields of this database were encrypted with; put the right file there")
    }

    fn read(&self) -> Result<Keys, StorageError> {
        let mut known = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = *known {
            return Ok(keys);
        }
        let text = std::fs::read_to_string(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.error(
                "is missing, and sensitive fields of this database are encrypted with it; bring the file back, \
                 or name the place where it is (key_file in kontor.toml, KONTOR_KEY_FILE)",
            ),
            _ => self.error(&format!("cannot be read: {error}")),
        })?;
        let keys = read(&text).ok_or_else(|| self.error("holds no key: it was damaged or is another file"))?;
        self.warn_of_readers();
        *known = Some(keys);
        Ok(keys)
    }

    fn random(&self) -> Result<Key, StorageError> {
        let mut key = [0; KEY];
        SystemRandom::new().fill(&mut key).map_err(|_no_entropy| self.error("cannot be made: no random numbers"))?;
        Ok(key)
    }

    fn replace(&self, keys: Keys) -> Result<(), StorageError> {
        let replaced = self.write(&written(keys), |fresh, path| std::fs::rename(fresh, path));
        // Whatever it holds now.
        self.refresh();
        replaced.map_err(|error| match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageError::DiskFull,
            _ => self.error(&format!("cannot be written: {error}")),
        })
    }

    /// Writes the file. It is whole before it has its name: a process that reads it now sees what was there or all of it.
    fn write(&self, text: &str, name: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // The folder is that of the data unless somebody named another one.
        let folder = self.path.parent().unwrap_or(Path::new("."));
        if !folder.as_os_str().is_empty() {
            std::fs::create_dir_all(folder)?;
        }
        let fresh = self.path.with_extension(format!("{}.new", Uuid::new_v4().simple()));
        let written = options.open(&fresh).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            name(&fresh, &self.path)?;
            synchronise(folder)
        });
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != ErrorKind::NotFound => written.and(Err(error)),
            Ok(()) | Err(_) => written,
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

impl Keys {
    fn all(&self) -> Vec<Key> {
        std::iter::once(self.now).chain(self.before).collect()
    }
}

/// One key to a line, the one in use first.
fn written(keys: Keys) -> String {
    keys.all().iter().map(|key| format!("{MARK}{}\n", hex(key))).collect()
}

fn read(text: &str) -> Option<Keys> {
    let key = |line: &str| <Key>::try_from(from_hex(line.trim().strip_prefix(MARK)?)?).ok();
    let mut lines = text.trim().lines();
    let (now, before) = (key(lines.next()?)?, lines.next().map(key));
    if before == Some(None) || lines.next().is_some() { None } else { Some(Keys { now, before: before.flatten() }) }
}

fn fingerprint(key: &Key) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hex(hmac::sign(&key, b"kontor key file").as_ref())
}

fn wrapping(key: &Key) -> Result<LessSafeKey, StorageError> {
    let source: Prk = Salt::new(HKDF_SHA256, b"kontor key file 1").extract(key);
    aes_key(&source, &[b"wrap"])
}

#[cfg(unix)]
fn synchronise(folder: &Path) -> io::Result<()> {
    let named = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(named)?.sync_all()
}

/// Elsewhere folders cannot be opened; the system writes them itself.
#[cfg(not(unix))]
fn synchronise(_folder: &Path) -> io::Result<()> {
    Ok(())
}
