//! Who is on the other end of the connection, and the id of the request.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{Extensions, HeaderMap, header, request::Parts};

tokio::task_local! {
    /// Lets a problem name its request wherever it is made.
    pub(crate) static REQUEST_ID: String;
}

pub(crate) fn current_request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// The id of the request: the caller's `x-request-id` where it is sensible, else a new one.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self(String::new())))
    }
}

/// How many proxies in front of us may be believed about the client's address.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrustedProxies(pub usize);

/// The client as far as it can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub ip: IpAddr,
    /// At most 256 characters of it.
    pub user_agent: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions, &parts.headers))
    }
}

impl Client {
    pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap) -> Self {
        let user_agent = headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(256).collect());
        Self { ip: address(extensions, headers), user_agent }
    }
}

/// The address of the peer, or the one that the outermost trusted proxy saw: with `n`
/// trusted proxies the `n`-th `X-Forwarded-For` entry from the right. What stands left
/// of it was sent by the client and proves nothing.
pub(crate) fn ip(parts: &Parts) -> IpAddr {
    address(&parts.extensions, &parts.headers)
}

fn address(extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip().to_canonical());
    let TrustedProxies(trusted) = extensions.get().copied().unwrap_or_default();
    if trusted == 0 {
        return peer;
    }
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    forwarded
        .len()
        .checked_sub(trusted)
        .and_then(|index| forwarded[index].parse::<IpAddr>().ok())
        .map_or(peer, |ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(forwarded: &[&str], trusted: usize) -> Parts {
        let mut request = http::Request::new(());
        for value in forwarded {
            request.headers_mut().append("x-forwarded-for", value.parse().unwrap());
        }
        let peer: SocketAddr = "192.0.2.1:9".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(TrustedProxies(trusted));
        request.into_parts().0
    }

    #[test]
    fn believes_only_trusted_proxies() {
        let cases: [(&[&str], usize, &str); 5] = [
            (&["203.0.113.9"], 0, "192.0.2.1"),
            (&["203.0.113.9"], 1, "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9"], 1, "203.0.113.9"),
            (&["6.6.6.6", "203.0.113.9, 10.0.0.2"], 2, "203.0.113.9"),
            (&["nonsense"], 1, "192.0.2.1"),
        ];
        for (forwarded, trusted, expected) in cases {
            assert_eq!(ip(&parts(forwarded, trusted)).to_string(), expected, "{forwarded:?}");
        }
    }
}
