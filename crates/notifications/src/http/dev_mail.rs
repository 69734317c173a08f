//! `/dev/mail`: letters as their readers would see them, for whoever works on an installation without a mail
//! server. Pages without scripts; a letter is shown in a frame that may do nothing but be left.

use std::net::IpAddr;

use axum::{
    extract::{FromRequestParts, State},
    response::{Html, IntoResponse},
};
use http::{HeaderName, header, request::Parts, uri::Authority};
use kernel::{MailId, Timestamp};
use minijinja::context;
use web::{Path, Problem};

use crate::{Notifications, NotificationsError, Preview};

const PAGE: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
];
const LETTER: [(HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
         sandbox allow-top-navigation-by-user-activation",
    ),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
];

/// Proof that whoever asks may look at letters.
pub(super) struct MayLook;

impl FromRequestParts<Notifications> for MayLook {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, notifications: &Notifications) -> Result<Self, Problem> {
        let may = match notifications.0.preview {
            Preview::Off => false,
            Preview::ByLocalName => is_local(parts) && !is_forwarded(parts),
            Preview::On => true,
        };
        if may { Ok(Self) } else { Err(NotificationsError::NoMail.into()) }
    }
}

/// Whether the request names this machine by one of its own names.
fn is_local(parts: &Parts) -> bool {
    let named = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let Some(authority) = named.as_ref().or(parts.uri.authority()) else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a proxy brings somebody who may be anywhere.
fn is_forwarded(parts: &Parts) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| parts.headers.contains_key(*name))
}

/// To the second, for people.
fn shown(at: Timestamp) -> String {
    at.to_string().get(..19).map_or_else(String::new, |text| text.replace('T', " "))
}

pub(super) async fn list(_: MayLook, State(notifications): State<Notifications>) -> Result<impl IntoResponse, Problem> {
    let mails = notifications.kept().await?;
    let rows: Vec<_> = mails
        .iter()
        .map(|mail| {
            context! {
                id => mail.letter.id.to_string(),
                subject => mail.letter.subject.as_str(),
                to => mail.letter.to.as_str(),
                at => mail.created_at.to_string(),
                shown => shown(mail.created_at),
            }
        })
        .collect();
    let page = notifications.0.letters.page("outbox.html", context! { mails => rows });
    Ok((PAGE, Html(page.map_err(NotificationsError::from)?)))
}

pub(super) async fn show(
    _: MayLook,
    State(notifications): State<Notifications>,
    Path(id): Path<MailId>,
) -> Result<impl IntoResponse, Problem> {
    let mail = notifications.kept_one(id).await?;
    let context = context! {
        id => mail.letter.id.to_string(),
        subject => mail.letter.subject.as_str(),
        to => mail.letter.to.as_str(),
        text => mail.letter.text.as_str(),
        at => mail.created_at.to_string(),
        shown => shown(mail.created_at),
    };
    let page = notifications.0.letters.page("mail.html", context);
    Ok((PAGE, Html(page.map_err(NotificationsError::from)?)))
}

pub(super) async fn html(
    _: MayLook,
    State(notifications): State<Notifications>,
    Path(id): Path<MailId>,
) -> Result<impl IntoResponse, Problem> {
    Ok((LETTER, Html(notifications.kept_one(id).await?.letter.html)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_this_machine_is_known() {
        for (host, local) in [
            ("localhost:4000", true),
            ("LOCALHOST", true),
            ("127.0.0.1:4000", true),
            ("[::1]:4000", true),
            ("localhost.example.com", false),
            ("example.com", false),
            ("", false),
        ] {
            let mut request = http::Request::new(());
            request.headers_mut().insert("host", host.parse().unwrap());
            assert_eq!(is_local(&request.into_parts().0), local, "{host}");
        }
    }
}
