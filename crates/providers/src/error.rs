//! Says a provider's failure in words that a person can act on.
//!
//! Invariants: a message names the provider, and for a refused key the setting that holds
//! it; it never holds the key, not even where the provider repeats it.

use std::time::Duration;

use contracts::providers::{ProviderError, ProviderErrorKind as Kind};
use serde_json::Value;

use crate::{account::Account, client::Fault};

/// Most characters of what the provider said that are passed on.
const QUOTED: usize = 300;

/// Explains a fault of a call to the account's provider.
pub(crate) fn explain(account: &Account, fault: Fault) -> ProviderError {
    let name = &account.name;
    match fault {
        Fault::Unreachable => error(
            Kind::Unreachable,
            if account.custom || account.provider.keyless {
                format!("{name} can't be reached at {}. Check that it runs.", public(&account.base_url))
            } else {
                format!("{name} can't be reached. Check this server's connection to the internet.")
            },
        ),
        Fault::Unsupported(what) => error(
            Kind::Unsupported,
            format!("{name} has nothing like {what}. Leave it out, or choose a model of another provider."),
        ),
        Fault::Refused(refused) => error(Kind::Unavailable, format!("{name} is not called: {refused}.")),
        Fault::Timeout => error(Kind::Timeout, format!("{name} did not answer in time. Try again.")),
        Fault::BrokeOff => error(Kind::Protocol, format!("{name} broke off before its answer was whole. Try again.")),
        Fault::Protocol(what) => error(Kind::Protocol, format!("{name} sent something unreadable: {what}.")),
        Fault::Reported { code, message } => reported(account, 0, &code, &message, None),
        Fault::Status { status, retry_after, body } => {
            let (code, message) = read(&body);
            reported(account, status, &code, &message, retry_after.or_else(|| retry_delay(&body)))
        }
    }
}

/// The code and the message of an error's body, in any of the shapes that are in use.
pub(crate) fn read(body: &str) -> (String, String) {
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return Default::default() };
    if let Some(first) = value.get_mut(0).map(Value::take) {
        value = first;
    }
    describe(&value)
}

/// Gemini's `RetryInfo` (google.rpc), which stands in the body: `"retryDelay": "34s"`.
fn retry_delay(body: &str) -> Option<Duration> {
    let value: Value = serde_json::from_str(body).ok()?;
    let details = value.pointer("/error/details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

/// The code and the message of an error object, or of the object around it.
pub(crate) fn describe(value: &Value) -> (String, String) {
    let inner = match value.get("error") {
        Some(Value::String(message)) => return (text(value.get("code")), message.clone()),
        Some(inner @ Value::Object(_)) => inner,
        _ => value,
    };
    // Gemini names the reason of a refused key in the details.
    let reason = inner.pointer("/details/0/reason");
    let codes = [reason, inner.get("code"), inner.get("type"), inner.get("status")];
    let code = codes.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    let message = [inner.get("message"), inner.get("detail"), value.get("message"), value.get("detail")]
        .into_iter()
        .flatten()
        .find_map(Value::as_str);
    (code, message.unwrap_or_default().to_owned())
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn reported(account: &Account, status: u16, code: &str, message: &str, retry_after: Option<Duration>) -> ProviderError {
    let name = &account.name;
    let kind = classify(status, &code.to_ascii_lowercase(), &message.to_ascii_lowercase());
    let said = quote(account, message);
    let text = match kind {
        Kind::Auth => format!("{name} refused the key. Check {}.", account.key_setting()),
        Kind::Unavailable => format!("{name} reports that the account has no credit left.{said}"),
        Kind::RateLimited => match retry_after {
            Some(wait) => format!("{name} is limiting requests. Try again in {} seconds.", seconds(wait)),
            None => format!("{name} is limiting requests. Try again in a moment.{said}"),
        },
        Kind::Overloaded => format!("{name} is overloaded. Try again in a moment."),
        Kind::ContextTooLong => format!("The conversation is longer than the model can read.{said}"),
        Kind::ContentFilter => format!("{name}'s content filter refused.{said}"),
        Kind::Timeout => format!("{name} did not answer in time. Try again."),
        Kind::InvalidRequest => format!("{name} refused the request.{said}"),
        _ => match status {
            0 => format!("{name} failed in the middle of its answer.{said}"),
            _ => format!("{name} failed with status {status}. Try again.{said}"),
        },
    };
    ProviderError { retry_after, status: (status > 0).then_some(status), ..ProviderError::new(kind, text) }
}

/// Kinds by what a code or a message says, then by status.
fn classify(status: u16, code: &str, message: &str) -> Kind {
    let coded = |words: &[&str]| words.iter().any(|word| code.contains(word));
    let said = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if coded(&["context_length_exceeded", "string_above_max_length", "exceed_context_size"])
        || said(&[
            "prompt is too long",
            "maximum context length",
            "context window",
            "context size",
            "exceeds the maximum number of tokens",
            "reduce the length of the messages",
        ])
    {
        return Kind::ContextTooLong;
    }
    if coded(&["content_filter", "content_policy", "bio_policy", "prompt_blocked", "invalid_prompt"]) {
        return Kind::ContentFilter;
    }
    if coded(&["insufficient_quota", "billing"]) || status == 402 || said(&["credit balance is too low"]) {
        return Kind::Unavailable;
    }
    if coded(&["invalid_api_key", "api_key_invalid", "authentication_error", "permission_error"]) {
        return Kind::Auth;
    }
    if coded(&["overloaded"]) {
        return Kind::Overloaded;
    }
    if coded(&["rate_limit", "resource_exhausted"]) {
        return Kind::RateLimited;
    }
    match status {
        401 | 403 => Kind::Auth,
        408 | 504 => Kind::Timeout,
        429 => Kind::RateLimited,
        503 | 529 => Kind::Overloaded,
        400..=499 => Kind::InvalidRequest,
        0 if coded(&["invalid_request"]) => Kind::InvalidRequest,
        0 if coded(&["deadline", "timeout"]) => Kind::Timeout,
        0 if coded(&["unavailable"]) => Kind::Overloaded,
        _ => Kind::Failed,
    }
}

/// What the provider said, to stand after our own sentence.
fn quote(account: &Account, message: &str) -> String {
    let mut message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    message = redact(account, &message);
    if message.is_empty() {
        return String::new();
    }
    let mut short: String = message.chars().take(QUOTED).collect();
    if short.len() < message.len() {
        short.push('…');
    }
    format!(" It said: {short}")
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// An address without a user name or a password in it.
fn public(address: &str) -> String {
    url::Url::parse(address).map_or_else(
        |_| String::new(),
        |url| {
            format!(
                "{}://{}{}",
                url.scheme(),
                url.host_str().unwrap_or_default(),
                url.port().map_or(String::new(), |port| format!(":{port}"))
            )
        },
    )
}

fn error(kind: Kind, message: String) -> ProviderError {
    ProviderError::new(kind, message)
}

/// Explains a fault of a call in the provider's own shape: its own words go with it.
pub(crate) fn explain_native(account: &Account, fault: Fault) -> ProviderError {
    let body = match &fault {
        Fault::Status { body, .. } if body.trim_start().starts_with('{') => Some(redact(account, body).into()),
        _ => None,
    };
    ProviderError { body, ..explain(account, fault) }
}

/// The text without the account's key.
fn redact(account: &Account, text: &str) -> String {
    match account.key().filter(|key| key.len() >= 4) {
        Some(key) => text.replace(key, "[key]"),
        None => text.to_owned(),
    }
}

/// There is no such model; `nearest` are names that look like it.
pub(crate) fn unknown(id: &str, nearest: &[&str]) -> ProviderError {
    let id: String = id.chars().take(200).collect();
    let hint = match nearest {
        [] => "Choose one from the list of models.".to_owned(),
        [only] => format!("Did you mean {only}?"),
        [before @ .., last] => format!("Did you mean {} or {last}?", before.join(", ")),
    };
    error(Kind::UnknownModel, format!("There is no model “{id}”. {hint}"))
}

/// Several providers have a model of this name, none of them its maker.
pub(crate) fn ambiguous(name: &str, ids: &[&str]) -> ProviderError {
    error(Kind::UnknownModel, format!("Several providers have a model “{name}”. Name one: {}.", ids.join(", ")))
}

/// No target of the route is for such a request.
pub(crate) fn no_target(route: &str) -> ProviderError {
    error(Kind::Unavailable, format!("The route “{route}” has no model for such a request: its conditions exclude it."))
}

/// The breaker is open.
pub(crate) fn resting(account: &Account, wait: Duration) -> ProviderError {
    let wait = wait.max(Duration::from_secs(1));
    let message = format!("{} is resting after failures. Try again in {} seconds.", account.name, seconds(wait));
    ProviderError { retry_after: Some(wait), ..error(Kind::Resting, message) }
}

/// The plan leaves the model out.
pub(crate) fn not_in_plan(plan: &str, model: &str) -> ProviderError {
    error(Kind::NotAllowed, left_out(plan, model))
}

/// What that is for people.
pub(crate) fn left_out(plan: &str, model: &str) -> String {
    format!("The plan “{plan}” does not include {model}.")
}

/// The model is there, but can't be used now, and why.
pub(crate) fn unavailable(reason: &str) -> ProviderError {
    error(Kind::Unavailable, reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{account, config::Config};

    fn openai() -> Account {
        let config: Config = serde_json::from_str(r#"{"openai": {"api_key": "sk-secret-key"}}"#).unwrap();
        Account::new(&account::ALL[0], &config).unwrap()
    }

    fn of(status: u16, body: &str) -> ProviderError {
        explain(&openai(), Fault::Status { status, retry_after: None, body: body.to_owned() })
    }

    #[test]
    fn bodies_of_errors_become_kinds() {
        for (status, body, kind) in [
            (
                401,
                r#"{"error":{"message":"Incorrect API key provided: sk-secret-key.","code":"invalid_api_key"}}"#,
                Kind::Auth,
            ),
            (403, "", Kind::Auth),
            (
                400,
                r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","code":"context_length_exceeded"}}"#,
                Kind::ContextTooLong,
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
                Kind::ContextTooLong,
            ),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota"}}"#,
                Kind::Unavailable,
            ),
            (429, "{}", Kind::RateLimited),
            (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Kind::Overloaded),
            (
                400,
                r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
                Kind::Auth,
            ),
            (404, r#"{"error":{"message":"The model does not exist","code":"model_not_found"}}"#, Kind::InvalidRequest),
            (422, r#"{"object":"error","message":"bad","type":"invalid_request_error"}"#, Kind::InvalidRequest),
            (400, r#"{"error":{"code":"content_filter","message":"filtered"}}"#, Kind::ContentFilter),
            (500, "<html>oops</html>", Kind::Failed),
            (503, "", Kind::Overloaded),
            (504, "", Kind::Timeout),
        ] {
            assert_eq!(of(status, body).kind, kind, "{status} {body}");
        }
    }

    #[test]
    fn messages_name_the_provider_and_never_hold_the_key() {
        let refused = of(401, r#"{"error":{"message":"Incorrect API key provided: sk-secret-key"}}"#);
        assert_eq!(refused.message, "OpenAI refused the key. Check OPENAI_API_KEY.");
        let echoed = of(400, r#"{"error":{"message":"bad header Bearer sk-secret-key"}}"#);
        assert_eq!(echoed.message, "OpenAI refused the request. It said: bad header Bearer [key]");
        let long = of(400, &format!(r#"{{"error":{{"message":"{}"}}}}"#, "ü".repeat(5000)));
        assert!(long.message.chars().count() < 400);
    }
}
