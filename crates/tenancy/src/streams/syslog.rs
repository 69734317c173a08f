//! Messages of RFC 5424, in the frames of RFC 5425 (and of RFC 6587 where there is no TLS): a length, a space, the
//! message.
//!
//! Syslog knows no acknowledgement. So each batch has a connection of its own: it is written, our side is closed, and
//! it has arrived when the log server closes its side, which it does when it has read to the end. One that goes away
//! with bytes unread resets the connection.

use std::fmt::Write as _;

use contracts::audit::ActorKind;
use outbound::{Named, Outbound, Security};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::{Host, Url};

use super::Unsent;
use crate::{entry::AuditEntry, store::streams::Target};

/// Facility 13 (log audit), severity 5 (notice): RFC 5424, 6.2.1.
const PRIORITY: u8 = 13 * 8 + 5;
/// The number of RFC 5612 for examples, as nobody has registered one for Parlance.
const STRUCTURE: &str = "audit@32473";
/// Bytes of a message that every log server of note takes.
const MOST: usize = 8192;

/// Where a log server listens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Server {
    /// `tls://host:port` or `tcp://host:port`; the ports are 6514 and 514 unless told.
    pub fn parse(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let tls = match url.scheme() {
            "tls" => true,
            "tcp" => false,
            _ => return None,
        };
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let host = Host::parse(url.host_str()?).ok()?.to_string();
        Some(Self { host, port: url.port().unwrap_or(if tls { 6514 } else { 514 }), tls })
    }
}

pub(super) async fn write(
    outbound: &Outbound,
    target: &Target,
    sender: &str,
    entries: &[AuditEntry],
) -> Result<(), Unsent> {
    let server = Server::parse(&target.address).ok_or(Unsent::NoAddress)?;
    let security = match (&target.authority, server.tls) {
        (_, false) => Security::Plain,
        (None, true) => Security::Tls,
        (Some(pem), true) => Security::TlsOf(pem),
    };
    let mut frames = Vec::new();
    for entry in entries {
        let message = message(entry, sender).ok_or(Unsent::Unwritable)?;
        frames.extend_from_slice(format!("{} ", message.len()).as_bytes());
        frames.extend_from_slice(message.as_bytes());
    }
    let mut wire = outbound.connect(&server.host, server.port, security, Named::ByWorkspace).await?;
    let sent = async {
        wire.write_all(&frames).await?;
        wire.shutdown().await?;
        // It has nothing to say; what it says anyway is not listened to.
        let mut ignored = [0; 512];
        loop {
            match wire.read(&mut ignored).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                // Closed without TLS's goodbye, as some servers do.
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    };
    sent.await.map_err(|_: std::io::Error| Unsent::NotTaken)
}

/// RFC 5424, 6.
fn message(entry: &AuditEntry, sender: &str) -> Option<String> {
    let mut text =
        format!("<{PRIORITY}>1 {} {} parlance - {} ", entry.occurred_at, name(sender, 255), name(&entry.action, 32));
    structure(&mut text, entry);
    let mut whole = serde_json::to_value(entry).ok()?;
    let mut written = ascii(&whole);
    if text.len() + 1 + written.len() > MOST {
        // What remains says which entry it is; the API has all of it.
        let omitted = json!({ "omitted": "too long" });
        for state in ["before", "after"] {
            if let Some(state) = whole.get_mut(state).filter(|state| !state.is_null()) {
                *state = omitted.clone();
            }
        }
        written = ascii(&whole);
    }
    text.push(' ');
    text.push_str(&written);
    Some(text)
}

/// The structured data: what one searches for.
fn structure(text: &mut String, entry: &AuditEntry) {
    let actor = &entry.actor;
    let subject = entry.subject.as_ref();
    let fields = [
        ("position", Some(entry.position.to_string())),
        ("id", Some(entry.id.to_string())),
        ("action", Some(entry.action.clone())),
        ("actorKind", Some(ActorKind::as_str(actor.kind).to_owned())),
        ("actorId", actor.user_id.map(|id| id.to_string())),
        ("actorEmail", actor.email.clone()),
        ("system", actor.system.clone()),
        ("apiKeyId", actor.api_key_id.map(|id| id.to_string())),
        ("impersonatorId", actor.impersonator_id.map(|id| id.to_string())),
        ("subjectKind", subject.map(|subject| subject.kind.clone())),
        ("subjectId", subject.map(|subject| subject.id.clone())),
        ("ip", entry.ip.clone()),
        ("requestId", entry.request_id.clone()),
        ("hash", Some(entry.hash.clone())),
    ];
    text.push('[');
    text.push_str(STRUCTURE);
    for (field, value) in fields {
        let Some(value) = value else { continue };
        let _ = write!(text, " {field}=\"");
        for letter in value.chars() {
            match letter {
                '"' | '\\' | ']' => text.extend(['\\', letter]),
                control if control.is_control() => text.push(' '),
                letter => text.push(letter),
            }
        }
        text.push('"');
    }
    text.push(']');
}

/// A name in a header: visible ASCII, and not too long.
fn name(text: &str, most: usize) -> String {
    let name: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

/// JSON in ASCII alone, so that the message needs no byte order mark, which few parsers of JSON expect.
fn ascii(json: &Value) -> String {
    let mut units = [0; 2];
    json.to_string().chars().fold(String::new(), |mut text, letter| {
        if letter.is_ascii() {
            text.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use contracts::audit::ActorKind;
    use kernel::{AuditId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::entry::{AuditActor, AuditSubject};

    fn entry(after: Value) -> AuditEntry {
        AuditEntry {
            id: AuditId::from_uuid(Uuid::nil()),
            position: 7,
            occurred_at: Timestamp::from_micros(1_700_000_000_123_456),
            action: "group.created".to_owned(),
            actor: AuditActor {
                kind: ActorKind::User,
                user_id: None,
                name: Some("Lê Thị \"Mai\" 🙂".to_owned()),
                email: Some("a]b\\c\"d@example.com".to_owned()),
                system: None,
                api_key_id: None,
                impersonator_id: None,
            },
            subject: Some(AuditSubject { kind: "group".to_owned(), id: "grp_1\n".to_owned(), name: None }),
            before: None,
            after: Some(after),
            ip: Some("192.0.2.7".to_owned()),
            user_agent: None,
            request_id: None,
            hash: "ab".repeat(32),
        }
    }

    #[test]
    fn a_message_is_as_the_standard_has_it() {
        let message = message(&entry(json!({ "name": "Vẽ" })), "chat.example.com").unwrap();
        let hash = "ab".repeat(32);
        let head = "<109>1 2023-11-14T22:13:20.123456Z chat.example.com parlance - group.created ";
        let data = format!(
            "[audit@32473 position=\"7\" id=\"aud_00000000000000000000000000\" action=\"group.created\" \
             actorKind=\"user\" actorEmail=\"a\\]b\\\\c\\\"d@example.com\" subjectKind=\"group\" subjectId=\"grp_1 \" \
             ip=\"192.0.2.7\" hash=\"{hash}\"] "
        );
        let rest = message.strip_prefix(&format!("{head}{data}")).unwrap_or_else(|| panic!("{message}"));
        assert!(rest.is_ascii() && !rest.contains('\n'));
        let read: Value = serde_json::from_str(rest).unwrap();
        assert_eq!((&read["after"]["name"], &read["actor"]["name"]), (&json!("Vẽ"), &json!("Lê Thị \"Mai\" 🙂")));
    }

    #[test]
    fn a_long_state_does_not_make_a_message_that_servers_cut_off() {
        let message = message(&entry(json!({ "text": "x".repeat(10_000) })), "h").unwrap();
        assert!(message.len() < MOST && message.contains("too long"), "{}", message.len());
    }

    #[test]
    fn addresses_of_log_servers() {
        let server = |host: &str, port, tls| Some(Server { host: host.to_owned(), port, tls });
        for (address, parsed) in [
            ("tls://Logs.Example.com", server("logs.example.com", 6514, true)),
            ("tls://logs.example.com:1999/", server("logs.example.com", 1999, true)),
            ("tcp://10.0.0.5", server("10.0.0.5", 514, false)),
            ("tls://[2001:db8::1]:6514", server("[2001:db8::1]", 6514, true)),
            ("tls://2130706433:1", server("127.0.0.1", 1, true)),
            ("udp://logs.example.com", None),
            ("https://logs.example.com", None),
            ("tls://a:b@logs.example.com", None),
            ("tls://logs.example.com/path", None),
            ("logs.example.com:6514", None),
            ("", None),
        ] {
            assert_eq!(Server::parse(address), parsed, "{address}");
        }
    }
}
