//! A new key in the key file, and the data keys of all tenants wrapped with it.
//!
//! The steps, each durable before the next begins: the file holds the new key above the old one; the control database notes the new
//! one; every data key is wrapped anew; the file holds the new key alone. Whatever it is stopped between, everything opens, and the
//! next rotation goes on where it ended. Processes that run all the while open what they know with the data keys themselves, which stay, and
//! read the file again when a wrapped one does not open.
use std::{fs::File, path::Path, sync::Arc};

use kontor_definitions::TenantId;

use crate::{
    Store,
    cipher::{Cipher, KeyFile},
    control::key_file,
    error::StorageError,
    store::{DatabaseKey, Queue},
    system::data_key,
    tx::Tx,
};

/// A rotation under way. Dropped, it can be taken up again.
pub struct Rotation<'s> {
    store: &'s Store,
    file: Arc<KeyFile>,
    /// Held until the end, or the process's.
    _lock: File,
}

impl Store {
    /// Where the key file of sensitive fields is.
    pub fn key_file(&self) -> &Path {
        self.inner.key_file.path()
    }

    /// Begins to replace the key of the key file, or goes on with what was begun before; none while another process does. Blocks,
    /// as do its steps.
    pub fn rotate_key(&self) -> Result<Option<Rotation<'_>>, StorageError> {
        let file = Arc::clone(&self.inner.key_file);
        let Some(lock) = file.lock()? else { return Ok(None) };
        file.refresh();
        file.add_key()?;
        let rotation = Rotation { store: self, file, _lock: lock };
        rotation.note()?;
        Ok(Some(rotation))
    }
}

impl Rotation<'_> {
    /// The control database notes the new key; refused where it notes one that the file does not hold.
    fn note(&self) -> Result<(), StorageError> {
        let (held, now) = (self.file.fingerprints()?, self.file.fingerprint()?);
        let noted = self.store.control().write_blocking(Queue::Interactive, move |tx: &mut Tx| {
            for before in &held {
                key_file::replace(tx, before, &now)?;
            }
            Ok::<_, StorageError>(key_file::get(tx)?.is_none_or(|noted| noted == now))
        })?;
        if noted { Ok(()) } else { Err(self.file.wrong()) }
    }

    /// Wraps the data key of a tenant with the new key; false where it is already, or where there is none.
    pub fn wrap(&self, tenant: TenantId) -> Result<bool, StorageError> {
        let file = Arc::clone(&self.file);
        let schema = DatabaseKey::Tenant(tenant).schema();
        self.store.tenant(tenant)?.write_blocking(Queue::Background, move |tx: &mut Tx| {
            data_key::lock(tx)?;
            let Some(wrapped) = data_key::get(tx)? else { return Ok(false) };
            let Some(anew) = Cipher::rewrap(&file, &schema, &wrapped)? else { return Ok(false) };
            data_key::replace(tx, &anew)?;
            Ok::<_, StorageError>(true)
        })
    }

    /// Takes the old key out of the file, once nothing of these tenants, which must be all, is wrapped with it.
    pub fn finish(self, tenants: &[TenantId]) -> Result<(), StorageError> {
        for tenant in tenants {
            if self.wrap(*tenant)? {
                tracing::info!(%tenant, "a data key was made while the key file was changed");
            }
        }
        self.note()?;
        self.file.drop_key_before()
    }
}
