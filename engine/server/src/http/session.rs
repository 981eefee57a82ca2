//! `/api/session`: signing in, who one is, signing out.
use std::{net::IpAddr, sync::Arc};

use axum::http::{HeaderValue, StatusCode, header};
use kontor_storage::{
    control::{memberships::Membership, sessions::SessionRow},
    system::access_log::{Access, Kind},
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    answer,
    caller::{Anyone, COOKIE, SignedIn},
    request::Request,
    route::Answer,
};
use crate::{
    engine::Engine,
    language::Text,
    problem::{Code, Problem},
    sign_in::sessions::{ABSOLUTE, Credentials, SignIn, SignInError},
};

/// Signs a person in.
pub(super) async fn sign_in(engine: Arc<Engine>, _caller: Anyone, request: Request) -> Answer {
    request.query(&[])?;
    let members = request.members(&["tenant", "email", "password"])?;
    let credentials = Credentials {
        tenant: members.text("tenant")?.map(str::to_owned),
        email: members.required_text("email")?.to_owned(),
        password: members.required_text("password")?.to_owned(),
    };
    let now = engine.now();
    match engine.desk().sign_in(credentials, now).await? {
        SignIn::Done(token, session) => {
            let tenant = engine.tenant(session.tenant).await?;
            let person = SignedIn { session, tenant, address: request.address };
            engine.note(&person.tenant, person.access(&engine, Kind::SignIn)).await?;
            let body = shown(&engine, &person).await?;
            let max_age = ABSOLUTE.whole_seconds();
            Ok(answer::header(answer::json(&body), header::SET_COOKIE, &cookie(&engine, &token, max_age)))
        }
        SignIn::Choose(places) => {
            let choices: Vec<Value> =
                places.iter().map(|place| json!({"tenant": place.tenant_name, "title": place.tenant_title})).collect();
            Ok(answer::json(&json!({"choose": choices})))
        }
        SignIn::Wrong(places) => {
            tokio::spawn(note_failed(engine, places, request.address, now));
            Err(Problem::new(Code::WrongCredentials)
                .because(Text("请检查邮箱和密码后重试。", "Check the address and the password and try again.").with(&[])))
        }
        SignIn::Locked(until) => {
            let wait = (until - now).whole_seconds().max(1);
            let minutes = ((wait + 59) / 60).to_string();
            let why = Text("请在 {0} 分钟后再试。", "Try again in {0} minutes.");
            Err(Problem::new(Code::TooManyAttempts)
                .because(why.with(&[&minutes]))
                .header(header::RETRY_AFTER, HeaderValue::from(wait)))
        }
    }
}

/// Notes a wrong password where its person belongs, beside the answer: waiting for it would tell who exists. Addresses that
/// nobody has are noted nowhere; people type passwords into that field, too.
async fn note_failed(engine: Arc<Engine>, places: Vec<Membership>, address: Option<IpAddr>, now: OffsetDateTime) {
    for place in places {
        // A tenant that does not load has been logged by who needs it.
        let Ok(tenant) = engine.tenant(place.tenant).await else { continue };
        let noted = Access {
            made_at: now,
            kind: Kind::SignInFailed,
            person: Some(place.user),
            address: address.map(|address| address.to_string()).unwrap_or_default(),
            entity: None,
            record: None,
            number: None,
            detail: String::new(),
        };
        if let Err(error) = engine.note(&tenant, noted).await {
            tracing::warn!(%error, "a wrong password could not be noted");
        }
    }
}

/// Who the person is.
pub(super) async fn show(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    request.query(&[])?;
    Ok(answer::json(&shown(&engine, &caller).await?))
}

/// Signs the person out.
pub(super) async fn sign_out(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    request.query(&[])?;
    engine.desk().sign_out(&caller.session).await?;
    engine.note(&caller.tenant, caller.access(&engine, Kind::SignOut)).await?;
    let gone = cookie(&engine, "", 0);
    Ok(answer::header(answer::empty(StatusCode::NO_CONTENT), header::SET_COOKIE, &gone))
}

async fn shown(engine: &Engine, caller: &SignedIn) -> Result<Value, Problem> {
    let session: &SessionRow = &caller.session;
    let rights = caller.rights(engine).await?;
    let login = engine.desk().login(session).await?.ok_or_else(|| Problem::new(Code::NotSignedIn))?;
    Ok(json!({
        "user": {"id": session.user, "name": rights.actor().name, "email": login.email, "locale": login.locale},
        "tenant": {"name": caller.tenant.name(), "title": caller.tenant.title()},
        "administrator": rights.is_administrator(),
        "csrf": session.csrf,
    }))
}

fn cookie(engine: &Engine, value: &str, max_age: i64) -> String {
    let secure = if engine.config().tls { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}")
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Storage(error) => error.into(),
            SignInError::Hashing(error) => error.into(),
        }
    }
}
