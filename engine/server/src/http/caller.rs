//! Who calls a route, as a type in the handler's signature: a handler cannot forget to ask.
use std::{future::Future, net::IpAddr, sync::Arc};

use axum::http::{HeaderMap, Method, header, request::Parts};
use kontor_access::Rights;
use kontor_apps::{Act, AppError, Tenant};
use kontor_storage::{
    control::sessions::SessionRow,
    system::access_log::{Access, Kind},
};

use super::{address, route};
use crate::{
    engine::Engine,
    language::Text,
    problem::{Code, Problem},
    sign_in::secret,
};

/// The cookie with a session's token.
pub(super) const COOKIE: &str = "kontor_session";
const CSRF_HEADER: &str = "x-csrf-token";

/// Somebody who may call a route of a class.
pub(crate) trait Caller: Sized + Send {
    /// The class.
    const ACCESS: route::Access;
    /// Finds out who it is, or refuses.
    fn identify(engine: &Engine, parts: &Parts) -> impl Future<Output = Result<Self, Problem>> + Send;
}

/// Nobody in particular.
pub(crate) struct Anyone;

impl Caller for Anyone {
    const ACCESS: route::Access = route::Access::Anyone;
    async fn identify(_engine: &Engine, _parts: &Parts) -> Result<Self, Problem> {
        Ok(Self)
    }
}

/// A person who is signed in.
pub(crate) struct SignedIn {
    /// Their session.
    pub(crate) session: SessionRow,
    /// Where they are.
    pub(crate) tenant: Arc<Tenant>,
    /// From where they ask.
    pub(crate) address: Option<IpAddr>,
}

impl Caller for SignedIn {
    const ACCESS: route::Access = route::Access::SignedIn;
    async fn identify(engine: &Engine, parts: &Parts) -> Result<Self, Problem> {
        let token = cookie(&parts.headers, COOKIE).ok_or_else(not_signed_in)?;
        let session = engine.desk().session(token, engine.now()).await?.ok_or_else(not_signed_in)?;
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
        let sent = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !safe && !secret::same(sent, &session.csrf) {
            let way_out = Text(
                "请刷新页面后重试（写请求须带 X-CSRF-Token）。",
                "Reload the page and try again (requests that write carry X-CSRF-Token).",
            );
            return Err(Problem::new(Code::BadCsrfToken).because(way_out.with(&[])));
        }
        let tenant = engine.tenant(session.tenant).await?;
        Ok(Self { session, tenant, address: address::of(parts, engine.config().tls) })
    }
}

impl SignedIn {
    /// An act of the person, now.
    pub(crate) fn act(&self, engine: &Engine) -> Act {
        Act { from: self.address, ..engine.act(self.session.user) }
    }

    /// What the access log says of something that the person does now.
    pub(crate) fn access(&self, engine: &Engine, kind: Kind) -> Access {
        Access {
            made_at: engine.now(),
            kind,
            person: Some(self.session.user),
            address: self.address.map(|address| address.to_string()).unwrap_or_default(),
            entity: None,
            record: None,
            number: None,
            detail: String::new(),
        }
    }

    /// The person's rights now.
    pub(crate) async fn rights(&self, engine: &Engine) -> Result<Arc<Rights>, Problem> {
        let (tenant, user, moment) = (Arc::clone(&self.tenant), self.session.user, engine.moment());
        let read = self.tenant.read(move |snapshot, version, tx| tenant.rights(tx, snapshot, version, user, moment));
        Ok(read.await.map_err(|error: AppError| error)?)
    }
}

/// A person whose role administers the tenant.
pub(crate) struct Administrator(pub(crate) SignedIn);

impl Caller for Administrator {
    const ACCESS: route::Access = route::Access::Administrator;
    async fn identify(engine: &Engine, parts: &Parts) -> Result<Self, Problem> {
        let person = SignedIn::identify(engine, parts).await?;
        let rights = person.rights(engine).await?;
        // To everybody else the route does not exist.
        if rights.is_administrator() { Ok(Self(person)) } else { Err(Problem::new(Code::NotFound)) }
    }
}

fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn).because(Text("请先登录。", "Sign in first.").with(&[]))
}

/// A cookie's value.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
