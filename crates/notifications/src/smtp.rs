//! Delivery by SMTP (RFC 5321), encrypted unless the server is on this machine.

use std::{net::IpAddr, time::Duration};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{AsyncSmtpTransportBuilder, Error, PoolConfig, extension::ClientId},
};
use secrecy::ExposeSecret;
use url::{Host, Url};

use crate::{Carrier, Failure, MailServer, NotificationsError, Outgoing};

/// For each command; the whole attempt has a limit of its own.
const COMMAND: Duration = Duration::from_secs(20);
const CONNECTIONS: u32 = 4;
const IDLE: Duration = Duration::from_secs(60);
/// Answers about this one letter that another try won't change (RFC 5321, 4.2.3). Others in 5xx are about
/// the connection or the account, which an operator may put right.
const REFUSALS: [u16; 6] = [550, 551, 552, 553, 554, 556];

/// Connections to a mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// What comes after the `@` in a `Message-ID`.
    domain: String,
}

fn wrong(key: &'static str, message: impl Into<String>) -> NotificationsError {
    NotificationsError::Setting { key, message: message.into() }
}

/// Whether the server is on this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // The host of a scheme that the URL standard doesn't know is always a name.
        Some(Host::Domain(name)) => {
            let name = name.trim_matches(['[', ']']);
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

/// Reads the settings of a server, which is greeted with the name in `base_url`.
pub(crate) fn read(
    server: &MailServer,
    base_url: &str,
) -> Result<(AsyncSmtpTransportBuilder, Mailbox), NotificationsError> {
    const EXAMPLE: &str = "expected an address such as smtps://user:password@mail.example.com:465";
    let from: Mailbox = server
        .from
        .parse()
        .map_err(|_| wrong("mail.from", "expected an e-mail address, such as Parlance <parlance@example.com>"))?;
    // The parser's own error could repeat the password.
    let mut url: Url = server.url.expose_secret().parse().map_err(|_| wrong("mail.url", EXAMPLE))?;
    if !matches!(url.scheme(), "smtp" | "smtps") || url.host().is_none() {
        return Err(wrong("mail.url", EXAMPLE));
    }
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    match tls.as_deref() {
        None if url.scheme() == "smtp" && !is_local(&url) => url.set_query(Some("tls=required")),
        Some("none") => url.set_query(None),
        None | Some("required" | "opportunistic") => {}
        Some(_) => return Err(wrong("mail.url", "`tls` is one of required, opportunistic, none")),
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
        .map_err(|_| wrong("mail.url", EXAMPLE))?
        .timeout(Some(COMMAND))
        .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
    let own: Option<Url> = base_url.parse().ok();
    let builder = match own.as_ref().and_then(Url::host_str) {
        Some(name) if name.contains('.') && name.parse::<IpAddr>().is_err() => {
            builder.hello_name(ClientId::Domain(name.to_owned()))
        }
        _ => builder,
    };
    Ok((builder, from))
}

impl Smtp {
    /// The server is greeted with the name in `base_url`. Connects to nothing yet; needs the runtime that looks
    /// after idle connections.
    pub fn new(server: &MailServer, base_url: &str) -> Result<Self, NotificationsError> {
        let (builder, from) = read(server, base_url)?;
        let domain = from.email.domain().to_owned();
        Ok(Self { transport: builder.build(), from, domain })
    }

    /// Signs in, and nothing more.
    pub async fn greet(&self) -> Result<(), Failure> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Later("the mail server does not answer as it should".to_owned())),
            Err(error) => Err(failure(&error)),
        }
    }

    fn message(&self, letter: &Outgoing) -> Result<Message, Failure> {
        let unfit = |what: &str| Failure::Refused(format!("{what} can't be written"));
        let to = letter.to.parse().map_err(|_| unfit("the address"))?;
        let mut message = Message::builder()
            .message_id(Some(format!("<{}@{}>", letter.id, self.domain)))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|_| unfit("the letter"))?;
        // So that no out-of-office note answers (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
        Ok(message)
    }
}

#[async_trait]
impl Carrier for Smtp {
    async fn send(&self, letter: &Outgoing) -> Result<(), Failure> {
        let message = self.message(letter)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// A server's own words are left out: they may quote the letter.
fn failure(error: &Error) -> Failure {
    let Some(code) = error.status().map(u16::from) else {
        let mut causes = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            causes = format!("{causes}: {cause}");
            source = cause.source();
        }
        return Failure::Later(causes);
    };
    let reason = format!("the mail server answered {code}");
    if REFUSALS.contains(&code) { Failure::Refused(reason) } else { Failure::Later(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(url: &str, from: &str) -> Result<(), String> {
        read(&MailServer { url: url.into(), from: from.to_owned() }, "http://localhost:4000")
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_are_read() {
        for url in [
            "smtp://127.0.0.1:2525",
            "smtp://user:p%40ss@mail.example.com",
            "smtps://user:pass@mail.example.com:465",
            "smtp://mail.example.com?tls=none",
        ] {
            smtp(url, "Parlance <parlance@example.com>").unwrap_or_else(|error| panic!("{url}: {error}"));
        }
    }

    #[test]
    fn mistakes_are_named_and_passwords_are_not() {
        for (url, from, expected) in [
            ("mail.example.com", "a@example.com", "mail.url"),
            ("http://mail.example.com", "a@example.com", "mail.url"),
            ("smtp://user:hunter2@mail.example.com:port", "a@example.com", "mail.url"),
            ("smtp://user:hunter2@mail.example.com?tls=perhaps", "a@example.com", "mail.url"),
            ("smtp://localhost", "nobody", "mail.from"),
        ] {
            let error = smtp(url, from).err().unwrap_or_else(|| panic!("{url} {from}"));
            assert!(error.contains(expected) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        for (url, local) in [
            ("smtp://localhost:25", true),
            ("smtp://127.0.0.1", true),
            ("smtp://[::1]:25", true),
            ("smtp://mail.example.com", false),
            ("smtp://localhost.example.com", false),
            ("smtp://10.0.0.1", false),
        ] {
            assert_eq!(is_local(&url.parse().unwrap()), local, "{url}");
        }
    }
}
