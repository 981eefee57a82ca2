//! Signing in and staying signed in: sessions in the control database, lock-out after wrong passwords.
use kontor_storage::{
    ControlDb, Queue, StorageError,
    control::{
        logins::{self, Login},
        memberships::{self, Membership},
        sessions::{self, SessionRow},
    },
};
use time::{Duration, OffsetDateTime};

use super::{
    attempts::{Attempts, LOCKED_FOR, WRONG_PASSWORDS},
    password::{HashingFailed, LONGEST, Passwords},
    recent::Recent,
    secret,
};

/// A session unused for so long ends.
const IDLE: Duration = Duration::hours(12);
/// A session ends after so long in any case.
pub const ABSOLUTE: Duration = Duration::days(7);
/// The end of a session is moved when it has moved by so much; not with every request.
const TOUCH_EVERY: Duration = Duration::minutes(10);

/// What a person typed.
#[derive(Debug)]
pub struct Credentials {
    /// The tenant's name, where they belong to several.
    pub tenant: Option<String>,
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// The end of an attempt to sign in.
#[derive(Debug)]
pub enum SignIn {
    /// Signed in: the cookie's value and the session.
    Done(String, SessionRow),
    /// The person belongs to several tenants and must say which.
    Choose(Vec<Membership>),
    /// Wrong address, wrong password, or no such tenant for this person: the answer does not say which. The places are
    /// those of a person whose password was wrong.
    Wrong(Vec<Membership>),
    /// Too many wrong passwords; again at this moment.
    Locked(OffsetDateTime),
}

/// Why an attempt could not be decided.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The hasher.
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
}

/// Where people sign in.
pub struct SignInDesk {
    control: ControlDb,
    passwords: Passwords,
    strangers: Attempts,
    recent: Recent,
}

impl SignInDesk {
    /// A desk on the control database.
    pub fn new(control: ControlDb, passwords: Passwords) -> Self {
        Self { control, passwords, strangers: Attempts::default(), recent: Recent::default() }
    }

    /// Tries to sign in.
    pub async fn sign_in(&self, credentials: Credentials, now: OffsetDateTime) -> Result<SignIn, SignInError> {
        let email = credentials.email.clone();
        let login = self.control.read(move |tx| logins::find(tx, &email)).await?;
        let until = match &login {
            Some(login) => login.locked_until.filter(|until| *until > now),
            None => self.strangers.locked_until(&logins::fold(&credentials.email), now),
        };
        if let Some(until) = until {
            return Ok(SignIn::Locked(until));
        }
        let stored = login.as_ref().map(|login| login.password_hash.clone());
        // Passwords longer than any we accept are cut before hashing, not hashed at length.
        let password: String = credentials.password.chars().take(LONGEST + 1).collect();
        let fits = self.passwords.fits(password, stored).await?;
        let Some(login) = login else {
            self.strangers.failed(&logins::fold(&credentials.email), now);
            return Ok(SignIn::Wrong(Vec::new()));
        };
        if fits { self.admit(login, credentials.tenant, now).await } else { self.refuse(login, credentials.tenant, now).await }
    }

    /// Counts a wrong password.
    async fn refuse(&self, login: Login, tenant: Option<String>, now: OffsetDateTime) -> Result<SignIn, SignInError> {
        let places = self
            .control
            .write(Queue::Interactive, move |tx| {
                let Some(login) = logins::get(tx, login.id)? else { return Ok(Vec::new()) };
                let served = login.locked_until.is_some_and(|until| until <= now);
                if served {
                    logins::succeeded(tx, login.id)?;
                }
                let count = if served { 1 } else { login.failed_count + 1 };
                logins::failed(tx, login.id, (count >= WRONG_PASSWORDS).then(|| now + LOCKED_FOR))?;
                let mut places = memberships::list(tx, login.id)?;
                places.retain(|place| tenant.as_ref().is_none_or(|tenant| place.tenant_name == *tenant));
                Ok(places)
            })
            .await
            .map_err(|error: StorageError| error)?;
        Ok(SignIn::Wrong(places))
    }

    /// Begins a session, unless the login was locked while the password was being checked.
    async fn admit(&self, login: Login, tenant: Option<String>, now: OffsetDateTime) -> Result<SignIn, SignInError> {
        let (token, csrf) = (secret::new(), secret::new());
        let token_hash = secret::hashed(&token);
        let decided = self
            .control
            .write(Queue::Interactive, move |tx| {
                let Some(login) = logins::get(tx, login.id)? else { return Ok(SignIn::Wrong(Vec::new())) };
                if let Some(until) = login.locked_until.filter(|until| *until > now) {
                    return Ok(SignIn::Locked(until));
                }
                let mut places = memberships::list(tx, login.id)?;
                if let Some(tenant) = &tenant {
                    places.retain(|place| place.tenant_name == *tenant);
                }
                if places.len() > 1 {
                    return Ok(SignIn::Choose(places));
                }
                let Some(place) = places.pop() else { return Ok(SignIn::Wrong(Vec::new())) };
                if login.failed_count > 0 {
                    logins::succeeded(tx, login.id)?;
                }
                let session = SessionRow {
                    token_hash: token_hash.clone(),
                    login: login.id,
                    tenant: place.tenant,
                    user: place.user,
                    csrf: csrf.clone(),
                    created_at: now,
                    expires_at: now + IDLE,
                    seen_at: now,
                };
                sessions::create(tx, &session)?;
                Ok(SignIn::Done(String::new(), session))
            })
            .await
            .map_err(|error: StorageError| error)?;
        Ok(match decided {
            SignIn::Done(_, session) => SignIn::Done(token, session),
            other @ (SignIn::Choose(_) | SignIn::Wrong(_) | SignIn::Locked(_)) => other,
        })
    }

    /// The session of a cookie, if it has not ended. Using it moves its end.
    pub async fn session(&self, token: &str, now: OffsetDateTime) -> Result<Option<SessionRow>, StorageError> {
        let hash = secret::hashed(token);
        if let Some(known) = self.recent.get(&hash, now) {
            return Ok(Some(known));
        }
        let found = self.control.read(move |tx| sessions::find(tx, &hash, now)).await?;
        let Some(session) = found else { return Ok(None) };
        self.recent.put(&session, now);
        let end = (now + IDLE).min(session.created_at + ABSOLUTE);
        if end - session.expires_at >= TOUCH_EVERY {
            let hash = session.token_hash.clone();
            let touched: Result<_, StorageError> =
                self.control.write(Queue::Interactive, move |tx| sessions::touch(tx, &hash, now, end)).await;
            // It ends a little earlier then; what is asked for may only read, and does not fail for it.
            if let Err(error) = touched {
                tracing::warn!(%error, "the end of a session could not be moved");
            }
        }
        Ok(Some(session))
    }

    /// Whether a session has not ended, asked of the database and without moving its end: following is not using.
    pub async fn holds(&self, session: &SessionRow, now: OffsetDateTime) -> Result<bool, StorageError> {
        let hash = session.token_hash.clone();
        self.control.read(move |tx| Ok(sessions::find(tx, &hash, now)?.is_some())).await
    }

    /// The address and language of a signed-in person.
    pub async fn login(&self, session: &SessionRow) -> Result<Option<Login>, StorageError> {
        let id = session.login;
        self.control.read(move |tx| logins::get(tx, id)).await
    }

    /// Ends a session.
    pub async fn sign_out(&self, session: &SessionRow) -> Result<(), StorageError> {
        let hash = session.token_hash.clone();
        let ended = self.control.write(Queue::Interactive, move |tx| sessions::delete(tx, &hash)).await;
        self.recent.forget(&session.token_hash);
        ended
    }
}
