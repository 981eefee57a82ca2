//! `/api/apps/…` and `/api/schemas/…`: apps as packages, and the schemas of their documents; for administrators.
use std::sync::Arc;

use super::{
    answer,
    caller::Administrator,
    draft::released,
    request::{Request, bad_parameter},
    route::Answer,
};
use crate::{
    engine::Engine,
    install::{self, How},
    language::Text,
    problem::{Code, Problem},
};
use axum::http::{HeaderValue, StatusCode, header};
use kontor_apps::package::{self, kapp};
use kontor_definitions::{check::schema, model::Kind as DocumentKind};
use kontor_storage::system::access_log::{Access, Kind};

/// Installs a package; one that takes long goes on after the answer, as a publish does.
pub(super) async fn install_package(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    let accept_loss = accepts_loss(&request)?;
    let kind = request.header(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !["application/zip", "application/octet-stream"].contains(&kind) {
        let way_out =
            Text("请以 Content-Type: application/zip 发送应用包。", "Send the package as Content-Type: application/zip.");
        return Err(Problem::new(Code::UnsupportedMediaType).because(way_out.with(&[])));
    }
    let act = caller.0.act(&engine);
    let tenant = caller.0.tenant;
    let (body, installer) = (request.body.clone(), Arc::clone(&engine));
    let work = move || {
        let how = How { accept_loss, ..How::default() };
        let done =
            kapp::read(&body).and_then(|package| install::install(&installer, &tenant, &package, act, how, &mut |_, _, _| {}));
        // Whoever asked may have been answered before.
        done.inspect_err(|error| tracing::warn!(%error, "an app was not installed"))
    };
    released(engine.blocking_raw(work), &request).await
}

/// `?accept_loss=true`: the body is the package itself.
fn accepts_loss(request: &Request) -> Result<bool, Problem> {
    match request.query(&["accept_loss"])?.get("accept_loss") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(bad_parameter("accept_loss", Text("须为 true 或 false。", "It must be true or false.").with(&[]))),
    }
}

/// Takes an app out as a package.
pub(super) async fn export(engine: Arc<Engine>, caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let (snapshot, app) = (caller.0.tenant.snapshot(), request.part("app").to_owned());
    let noted = Access { detail: format!("app {app}"), ..caller.0.access(&engine, Kind::Export) };
    let bytes = engine.blocking(move || kapp::write(&package::export(&snapshot, &app)?)).await?;
    engine.note(&caller.0.tenant, noted).await?;
    let response = answer::raw(StatusCode::OK, HeaderValue::from_static("application/zip"), bytes);
    let name = format!("attachment; filename=\"{}.kapp\"", request.part("app"));
    Ok(answer::header(response, header::CONTENT_DISPOSITION, &name))
}

/// The schema of a kind of documents.
pub(super) async fn show_schema(_engine: Arc<Engine>, _caller: Administrator, request: Request) -> Answer {
    request.query(&[])?;
    let name = request.part("file").strip_suffix(".json");
    let kind = name.and_then(|name| DocumentKind::ALL.into_iter().find(|kind| kind.name() == name));
    let kind = kind.ok_or_else(|| Problem::new(Code::NotFound))?;
    let text = schema(kind).to_string();
    Ok(answer::raw(StatusCode::OK, HeaderValue::from_static("application/schema+json"), text))
}
