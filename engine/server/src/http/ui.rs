//! The web app, built into the binary: its files, and its first page for every address that is none of the API's.
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::{Code, Problem};

/// The files that `builder-ui` was built into.
#[derive(RustEmbed)]
#[folder = "../../builder-ui/dist"]
struct Files;

const NOT_BUILT: &str = "Kontor is running, but its web app was not built into this program.\n\
    Build it with:\n\n    cd builder-ui && npm ci && npm run build\n\n\
    and start kontor again (or run: make run).\n\
    The HTTP API works all the same, see docs/api.md.\n\n\
    Kontor 已启动，但网页界面尚未构建。请执行上面的命令后重新启动。\n";

/// Answers a request for a page or file.
pub(super) fn serve(method: &Method, path: &str, headers: &HeaderMap) -> Result<Response<Body>, Problem> {
    if method != Method::GET && method != Method::HEAD {
        return Err(Problem::new(Code::NotFound));
    }
    let path = path.trim_start_matches('/');
    if let Some(file) = Files::get(path).filter(|_| !path.is_empty()) {
        return Ok(answer(&file, path, headers));
    }
    // A missing file is a missing file; every other address is a screen of the app.
    if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return Err(Problem::new(Code::NotFound));
    }
    Ok(match Files::get("index.html") {
        Some(page) => answer(&page, "index.html", headers),
        None => plain(NOT_BUILT),
    })
}

fn answer(file: &EmbeddedFile, path: &str, headers: &HeaderMap) -> Response<Body> {
    let etag = format!("\"{}\"", hex(file.metadata.sha256_hash().get(..16).unwrap_or_default()));
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        let mut unchanged = Response::new(Body::empty());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        Response::new(Body::from(file.data.to_vec()))
    };
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    // Files under assets/ carry a hash of their content in their name.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let out = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        out.insert(header::CONTENT_TYPE, kind);
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        out.insert(header::ETAG, etag);
    }
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

fn plain(text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
