//! Deliveries by Standard Webhooks (<https://www.standardwebhooks.com>): a JSON document with three headers, of which
//! the last proves that it is from here and not older than it says.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use kernel::{Timestamp, WorkspaceId};
use outbound::{Named, Outbound};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Serialize;

use super::Unsent;
use crate::entry::AuditEntry;

/// Bytes of a secret.
pub(crate) const SECRET: usize = 32;

/// What is posted.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    /// `audit.entries`, or `audit.test`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Of the attempt.
    pub timestamp: Timestamp,
    pub data: Batch<'a>,
}

/// Entries one after the other, without a gap.
#[derive(Debug, Serialize)]
pub(crate) struct Batch<'a> {
    /// Null: it is the platform's log.
    pub workspace_id: Option<WorkspaceId>,
    pub entries: &'a [AuditEntry],
}

impl Document<'_> {
    /// The same entries of the same log have the same name, however often they are sent.
    fn id(&self) -> String {
        let log = self.data.workspace_id.map_or_else(|| "platform".to_owned(), |workspace| workspace.to_string());
        match self.data.entries {
            [only] if self.kind == TEST => format!("test_{}", only.id),
            [first, .., last] => format!("{log}_{}-{}", first.position, last.position),
            [only] => format!("{log}_{}", only.position),
            [] => log,
        }
    }
}

pub(crate) const TEST: &str = "audit.test";

/// As it is shown, and as the libraries take it.
pub(crate) fn show_secret(secret: &[u8; SECRET]) -> SecretString {
    format!("whsec_{}", STANDARD.encode(secret)).into()
}

/// The header `webhook-signature`.
fn signature(secret: &[u8], id: &str, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed)))
}

pub(super) async fn post(
    outbound: &Outbound,
    address: &str,
    secret: &SecretSlice<u8>,
    document: &Document<'_>,
) -> Result<(), Unsent> {
    let body = serde_json::to_vec(document).map_err(|_| Unsent::Unwritable)?;
    let (id, seconds) = (document.id(), document.timestamp.micros() / 1_000_000);
    let signature = signature(secret.expose_secret(), &id, seconds, &body);
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("webhook-id", id), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signature)]
    {
        let value = HeaderValue::from_str(&value).map_err(|_| Unsent::Unwritable)?;
        headers.insert(HeaderName::from_static(name), value);
    }
    let answer = outbound.post_json(address, headers, body.into(), Named::ByWorkspace).await?;
    if answer.is_success() {
        return Ok(());
    }
    Err(Unsent::Status { status: answer.status, retry_after: answer.retry_after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_specification_has_it() {
        // The example of the specification's reference libraries.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
