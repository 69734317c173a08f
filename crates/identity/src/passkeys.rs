//! Where passkeys work: at the configured name, and never at what a request says that it came to.

use std::time::Duration;

use url::{Host, Url};
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{WebauthnError, WebauthnResult},
};

use crate::config::CHALLENGE_TTL;

/// What people see while they are asked.
const NAME: &str = "Parlance";

/// None: browsers refuse passkeys at such an address, as it is an IP address or not HTTPS. Without an address
/// it is `localhost`, at any port.
pub(crate) fn of(public_url: Option<&Url>) -> WebauthnResult<Option<Webauthn>> {
    let Some(url) = public_url else {
        let url = Url::parse("http://localhost").map_err(|_| WebauthnError::Configuration)?;
        return build("localhost", &url, true).map(Some);
    };
    match url.host() {
        Some(Host::Domain(name)) if url.scheme() == "https" || name == "localhost" => build(name, url, false).map(Some),
        _ => Ok(None),
    }
}

fn build(name: &str, url: &Url, any_port: bool) -> WebauthnResult<Webauthn> {
    let timeout = Duration::from_secs(CHALLENGE_TTL.as_secs());
    WebauthnBuilder::new(name, url)?.rp_name(NAME).allow_any_port(any_port).timeout(timeout).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_that_browsers_trust() {
        let works = |url: &str| of(Some(&Url::parse(url).unwrap())).unwrap().is_some();
        for good in ["https://chat.example.com", "https://chat.example.com:8443/", "http://localhost:4000"] {
            assert!(works(good), "{good}");
        }
        for bad in ["http://chat.example.com", "https://203.0.113.7", "http://127.0.0.1:4000", "https://[::1]"] {
            assert!(!works(bad), "{bad}");
        }
        assert!(of(None).unwrap().is_some());
    }
}
