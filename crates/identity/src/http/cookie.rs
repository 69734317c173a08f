//! The cookie that holds the refresh token, and the one that a device is known by: out of reach of scripts,
//! sent to the endpoints of authentication only, and not with requests that other sites make.

use ::cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    Identity, SignedIn,
    config::{DEVICE_REMEMBERED, RETURN_KEPT},
    federation::ATTEMPT_TTL,
};

const NAME: &str = "parlance_refresh";
/// Gives no access to anything.
const DEVICE: &str = "parlance_device";
/// The refresh token of an administrator who acts as somebody else meanwhile.
const RETURN: &str = "parlance_return";
/// Binds a sign-in with another provider to the browser that began it.
const SIGN_IN: &str = "parlance_sign_in";
const PATH: &str = "/api/v1/auth";

/// The refresh token that a request brings.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    find(headers, NAME)
}

/// What a sign-in with another provider was begun with.
pub(crate) fn read_sign_in(headers: &HeaderMap) -> Option<String> {
    find(headers, SIGN_IN)
}

/// What the device is known by.
pub(crate) fn read_device(headers: &HeaderMap) -> Option<String> {
    find(headers, DEVICE)
}

/// The administrator's own, while they act as somebody else.
pub(super) fn read_return(headers: &HeaderMap) -> Option<String> {
    find(headers, RETURN)
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

impl Identity {
    /// Hands the refresh token to the browser for as long as it is good.
    pub(crate) fn set_cookie(&self, signed_in: &SignedIn) -> [(HeaderName, HeaderValue); 2] {
        let lifetime = signed_in.expires_at.since(self.env.now()).as_secs();
        let seconds = i64::try_from(lifetime).unwrap_or(i64::MAX);
        self.header(signed_in.refresh_token.expose_secret(), Duration::seconds(seconds))
    }

    /// Gives a browser that has none what it is known by.
    pub(crate) fn set_device_cookie(&self, device: Option<&SecretString>) -> Option<(HeaderName, HeaderValue)> {
        let seconds = i64::try_from(DEVICE_REMEMBERED.as_secs()).unwrap_or(i64::MAX);
        let device = device?;
        Some((header::SET_COOKIE, self.cookie(DEVICE, device.expose_secret(), Duration::seconds(seconds))))
    }

    /// Keeps an administrator's own token while the browser holds somebody else's.
    pub(super) fn set_return_cookie(&self, token: &str) -> (HeaderName, HeaderValue) {
        let seconds = i64::try_from(RETURN_KEPT.as_secs()).unwrap_or(i64::MAX);
        (header::SET_COOKIE, self.cookie(RETURN, token, Duration::seconds(seconds)))
    }

    pub(super) fn clear_return_cookie(&self) -> (HeaderName, HeaderValue) {
        (header::SET_COOKIE, self.cookie(RETURN, "", Duration::ZERO))
    }

    /// Binds a sign-in to this browser for as long as it may take. Lax, so that it comes back with the person.
    pub(crate) fn sign_in_cookie(&self, browser: &SecretString) -> (HeaderName, HeaderValue) {
        let lifetime = i64::try_from(ATTEMPT_TTL.as_secs()).unwrap_or(i64::MAX);
        (header::SET_COOKIE, self.cookie(SIGN_IN, browser.expose_secret(), Duration::seconds(lifetime)))
    }

    /// Takes it away.
    pub(super) fn clear_cookie(&self) -> [(HeaderName, HeaderValue); 2] {
        self.header("", Duration::ZERO)
    }

    fn header(&self, token: &str, max_age: Duration) -> [(HeaderName, HeaderValue); 2] {
        let value = self.cookie(NAME, token, max_age);
        [(header::SET_COOKIE, value), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]
    }

    fn cookie(&self, name: &'static str, value: &str, max_age: Duration) -> HeaderValue {
        let secure = self.config.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
        let cookie = Cookie::build((name, value))
            .http_only(true)
            .same_site(SameSite::Lax)
            .path(PATH)
            .secure(secure)
            .max_age(max_age)
            .build();
        // A token is base64url, so the value is always a valid header.
        let mut value = HeaderValue::try_from(cookie.to_string()).unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}
