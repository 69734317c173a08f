//! Which addresses a workspace may have called: none inside this installation's networks.
//!
//! A workspace's administrator types an address, and this server calls it. So that it can't be
//! made to call its neighbours, an address must be one of the public internet, unless the
//! operator allows its network. The check stands where the connection is made: a name is
//! resolved, every address that it has is judged, and one of those judged is connected to, so
//! that a name which changes its address in between gains nothing. Redirects are not followed.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// What the operator allows beyond the public internet.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Everything.
    pub open: bool,
    pub allowed: Arc<[IpNet]>,
}

/// An address that is not called.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    #[error("`{0}` is no http(s) address")]
    NoAddress(String),
    #[error("the address has a user name or a password in it")]
    Credentials,
    #[error("`{0}` can't be found")]
    NotFound(String),
    #[error("`{0}` lies in a network that this installation does not call for workspaces")]
    Private(String),
}

impl Guard {
    /// Whether the operator allows anything beyond the public internet.
    pub fn opens_networks(&self) -> bool {
        self.open || !self.allowed.is_empty()
    }

    /// Whether the address may be called. For one that is spelled out as numbers this is all
    /// there is to know; a name is judged again whenever it is resolved.
    pub fn permits(&self, address: &str) -> Result<Url, Refused> {
        let url = Url::parse(address).map_err(|_| Refused::NoAddress(address.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::NoAddress(address.to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        // The parser has made dotted numbers of every other way to write them.
        let literal = match url.host() {
            None => return Err(Refused::NoAddress(address.to_owned())),
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => None,
        };
        match literal {
            Some(ip) if !self.permits_ip(ip) => Err(Refused::Private(ip.to_string())),
            _ => Ok(url),
        }
    }

    /// The same, and resolves a name to judge all that it has.
    pub async fn permits_now(&self, address: &str) -> Result<Url, Refused> {
        let url = self.permits(address)?;
        if let Some(Host::Domain(name)) = url.host() {
            self.resolve(name).await?;
        }
        Ok(url)
    }

    /// The addresses of a name, if all of them may be called.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Vec<SocketAddr>, Refused> {
        let found = tokio::net::lookup_host((name, 0)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Refused::NotFound(name.to_owned()))?.collect();
        if found.is_empty() {
            return Err(Refused::NotFound(name.to_owned()));
        }
        // One that is private among public ones is a trick, or a mistake.
        if found.iter().any(|address| !self.permits_ip(address.ip())) {
            return Err(Refused::Private(name.to_owned()));
        }
        Ok(found)
    }

    fn permits_ip(&self, ip: IpAddr) -> bool {
        let plain = unwrapped(ip);
        self.open || is_public(plain) || self.allowed.iter().any(|net| net.contains(&plain) || net.contains(&ip))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = Self::resolve(&guard, name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped (`::ffff:…`), compatible (`::…`),
/// translated (`64:ff9b::…`) or tunnelled (`2002:…`).
fn unwrapped(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    let v4 = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => v4(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if !v6.is_loopback() && !v6.is_unspecified() => v4(high, low),
        _ => ip,
    }
}

/// Whether the address belongs to the public internet (the registries of RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, ..] = ip.segments();
    // Only 2000::/3 is handed out; of it, these are for documentation, tunnels and benchmarks.
    let handed_out = a & 0xe000 == 0x2000;
    let special = (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    // The translation prefix for networks of one's own.
    let translated = a == 0x64 && b == 0xff9b && c == 1;
    handed_out && !special && !translated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> bool {
        Guard::default().permits(address).is_err()
    }

    #[test]
    fn acceptance_32_addresses_inside_are_refused_however_they_are_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "017700000001",
            "0",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:a00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[ff02::1]",
            "[2001:db8::1]",
            "[::ffff:169.254.169.254]",
            "１２７.0.0.1",
        ] {
            assert!(refused(&format!("http://{host}/v1")), "{host}");
            assert!(refused(&format!("https://{host}:8443/")), "{host}");
        }
        for address in
            ["ftp://example.com", "file:///etc/passwd", "http://", "example.com", "http://me:pw@example.com/"]
        {
            assert!(refused(address), "{address}");
        }
    }

    #[test]
    fn the_public_internet_is_allowed() {
        for host in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[64:ff9b::808:808]", "example.com"] {
            assert!(!refused(&format!("https://{host}/v1")), "{host}");
        }
    }

    #[test]
    fn operators_may_allow_networks() {
        let allowed: Vec<IpNet> = vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let guard = Guard { open: false, allowed: allowed.into() };
        for (host, allowed) in [
            ("10.1.9.9", true),
            ("[::ffff:10.1.9.9]", true),
            ("[fd00::1]", true),
            ("10.2.0.1", false),
            ("[::1]", false),
        ] {
            assert_eq!(guard.permits(&format!("http://{host}")).is_ok(), allowed, "{host}");
        }
        let open = Guard { open: true, ..Guard::default() };
        assert!(open.permits("http://localhost:11434").is_ok() && open.permits("http://127.0.0.1").is_ok());
    }

    #[tokio::test]
    async fn acceptance_32_a_name_is_judged_by_what_it_resolves_to() {
        let guard = Guard::default();
        assert!(guard.permits("http://localhost:8080/v1").is_ok(), "a name is not judged by its letters");
        assert!(matches!(guard.permits_now("http://localhost:8080/v1").await, Err(Refused::Private(_))));
        // What the client itself asks, each time it connects: a name can't change its mind in between.
        let connecting = Resolve::resolve(&guard, "localhost".parse().unwrap()).await;
        assert!(connecting.is_err_and(|error| error.downcast_ref::<Refused>().is_some()));
    }
}
