//! From where a request comes, as far as the server can know.
use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderName, request::Parts},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection. Where a proxy stands in front (the setting `tls`), that is the proxy, and the address which
/// it adds at the end of `X-Forwarded-For` counts; what stands before that was sent by the client and may say anything.
pub(super) fn of(parts: &Parts, behind_proxy: bool) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let told = parts.headers.get_all(FORWARDED_FOR).iter().next_back().and_then(|value| value.to_str().ok());
    let told = told.and_then(|list| list.rsplit(',').next()).and_then(|address| address.trim().parse().ok());
    if behind_proxy { told.or(peer) } else { peer }
}

#[cfg(test)]
mod tests {
    use axum::{
        extract::ConnectInfo,
        http::{Request, request::Parts},
    };

    fn parts(headers: &[&str]) -> Parts {
        let mut request = Request::builder();
        for header in headers {
            request = request.header("x-forwarded-for", *header);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 1], 99))));
        parts
    }

    #[test]
    fn only_a_proxy_in_front_is_believed() {
        let says = |headers: &[&str], behind_proxy| super::of(&parts(headers), behind_proxy).unwrap().to_string();
        assert_eq!(says(&["198.51.100.7"], false), "192.0.2.1");
        assert_eq!(says(&["203.0.113.9, 198.51.100.7"], true), "198.51.100.7");
        assert_eq!(says(&["203.0.113.9", "2001:db8::7"], true), "2001:db8::7");
        assert_eq!(says(&["nonsense"], true), "192.0.2.1");
        assert_eq!(says(&[], true), "192.0.2.1");
    }
}
