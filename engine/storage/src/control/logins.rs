//! Who can sign in: e-mail address and password hash. The person behind it is a record of each tenant.
use kontor_definitions::ColumnType;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{bind::Bind, error::StorageError, query::Row, system::cells::Cells, tx::Tx};

/// A login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Id.
    pub id: Uuid,
    /// The address as it was written.
    pub email: String,
    /// The argon2 hash with its parameters, as text.
    pub password_hash: String,
    /// Wrong passwords in a row.
    pub failed_count: i64,
    /// No sign-in before this moment.
    pub locked_until: Option<OffsetDateTime>,
    /// Language of messages.
    pub locale: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

const INSERT: &str = "INSERT INTO {t}login
(id, email, email_folded, password_hash, failed_count, locked_until, locale, created_at)
VALUES (?1, ?2, ?3, ?4, 0, NULL, ?5, ?6)";
const FIND: &str = "SELECT id, email, password_hash, failed_count, locked_until, locale, created_at FROM {t}login
WHERE email_folded = ?1";
const GET: &str = "SELECT id, email, password_hash, failed_count, locked_until, locale, created_at FROM {t}login
WHERE id = ?1";
const FAILED: &str = "UPDATE {t}login SET failed_count = failed_count + 1, locked_until = ?2 WHERE id = ?1";
const SUCCEEDED: &str = "UPDATE {t}login SET failed_count = 0, locked_until = NULL WHERE id = ?1";
const SET_PASSWORD: &str = "UPDATE {t}login SET password_hash = ?2, failed_count = 0, locked_until = NULL WHERE id = ?1";
const TYPES: [ColumnType; 7] = [
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Instant,
    ColumnType::Text,
    ColumnType::Instant,
];

/// The form in which addresses are compared: trimmed, lower case.
pub fn fold(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Adds a login. `Unique` when the address has one.
pub fn insert(tx: &mut Tx, login: &Login) -> Result<(), StorageError> {
    let binds = [
        Bind::id(login.id),
        Bind::text(login.email.trim()),
        Bind::text(fold(&login.email)),
        Bind::text(login.password_hash.as_str()),
        Bind::text(login.locale.as_str()),
        Bind::instant(login.created_at),
    ];
    tx.execute(INSERT, &binds).map(drop)
}

/// The login of an address, however it is written.
pub fn find(tx: &mut Tx, email: &str) -> Result<Option<Login>, StorageError> {
    tx.query(FIND, &[Bind::text(fold(email))], &TYPES)?.into_iter().next().map(decode).transpose()
}

/// The login of that id.
pub fn get(tx: &mut Tx, id: Uuid) -> Result<Option<Login>, StorageError> {
    tx.query(GET, &[Bind::id(id)], &TYPES)?.into_iter().next().map(decode).transpose()
}

/// Counts a wrong password, and locks the login until a moment if one is given.
pub fn failed(tx: &mut Tx, id: Uuid, locked_until: Option<OffsetDateTime>) -> Result<(), StorageError> {
    let until = locked_until.map_or(Bind::null(ColumnType::Instant), Bind::instant);
    tx.execute(FAILED, &[Bind::id(id), until]).map(drop)
}

/// Forgets wrong passwords after a right one.
pub fn succeeded(tx: &mut Tx, id: Uuid) -> Result<(), StorageError> {
    tx.execute(SUCCEEDED, &[Bind::id(id)]).map(drop)
}

/// Sets another password and unlocks the login.
pub fn set_password(tx: &mut Tx, id: Uuid, password_hash: &str) -> Result<(), StorageError> {
    tx.execute(SET_PASSWORD, &[Bind::id(id), Bind::text(password_hash)]).map(drop)
}

fn decode(row: Row) -> Result<Login, StorageError> {
    let mut cells = Cells::of(row);
    Ok(Login {
        id: cells.id()?,
        email: cells.text()?,
        password_hash: cells.text()?,
        failed_count: cells.integer()?,
        locked_until: cells.optional_instant()?,
        locale: cells.text()?,
        created_at: cells.instant()?,
    })
}
