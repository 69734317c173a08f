//! A workspace's own identity provider: what is set, and what it says of somebody.

use contracts::tenancy::Role;
use kernel::{Timestamp, WorkspaceId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{SamlProvider, SamlService, model::Claims};

/// A group of the provider, and the role that it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleMapping {
    /// As the provider writes it, letter for letter.
    #[schema(max_length = 200, example = "engineering")]
    pub group: String,
    /// `guest`, `member` or `admin`: nobody becomes an owner by a group.
    pub role: Role,
}

/// The names of claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimNames {
    #[schema(example = "email")]
    pub email: String,
    #[schema(example = "name")]
    pub name: String,
    /// A text or a list of texts.
    #[schema(example = "groups")]
    pub groups: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self { email: "email".to_owned(), name: "name".to_owned(), groups: "groups".to_owned() }
    }
}

/// A workspace's identity provider without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SsoConnection {
    /// What people read on the button.
    #[schema(example = "Acme")]
    pub name: String,
    #[schema(example = "https://login.example.com")]
    pub issuer: String,
    #[schema(example = "parlance")]
    pub client_id: String,
    /// Besides `openid`.
    #[schema(example = json!(["email", "profile"]))]
    pub scopes: Vec<String>,
    pub claims: ClaimNames,
    /// Of new members whom no group gives another one.
    pub default_role: Role,
    /// Of several that fit, the highest role counts. With any, a member's role follows the groups at each sign-in.
    pub role_mapping: Vec<RoleMapping>,
    /// Else it neither logs in nor links.
    pub enabled: bool,
    /// Members with an address of a verified domain sign in here and nowhere else. Owners may keep their password.
    pub enforced: bool,
    /// The provider asks for a second factor, so that we don't.
    pub second_factor: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Of a SAML provider: what it has said of itself; then `issuer` is its entity id, and `client_id` is empty.
    /// Null: it is an `OpenID` provider.
    #[schema(required)]
    pub saml: Option<SamlProvider>,
}

/// A domain whose addresses the workspace speaks for, once it is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SsoDomain {
    #[schema(example = "example.com")]
    pub domain: String,
    /// The name of the TXT record to publish.
    #[schema(example = "_parlance.example.com")]
    pub record_name: String,
    /// Its text.
    #[schema(example = "parlance-verification=3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    pub record_value: String,
    /// Null: the record was not found yet.
    #[schema(required)]
    pub verified_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl SsoDomain {
    pub(super) fn new(domain: String, token: &str, verified_at: Option<Timestamp>, created_at: Timestamp) -> Self {
        Self {
            record_name: format!("_parlance.{domain}"),
            record_value: format!("parlance-verification={token}"),
            domain,
            verified_at,
            created_at,
        }
    }
}

/// All that is set about single sign-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SsoSettings {
    /// Null: nothing is set.
    #[schema(required)]
    pub connection: Option<SsoConnection>,
    /// By name.
    pub domains: Vec<SsoDomain>,
    /// What to register at the provider.
    #[schema(example = "https://chat.example.com/api/v1/auth/callback/ws_01h455vb4pex5vsknk084sn02q")]
    pub redirect_uri: String,
    /// The same for a SAML provider.
    pub saml: SamlService,
}

/// What to set.
#[derive(Debug, Clone)]
pub struct SsoChange {
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    /// None: as it is.
    pub client_secret: Option<SecretString>,
    pub scopes: Vec<String>,
    pub claims: ClaimNames,
    pub default_role: Role,
    pub role_mapping: Vec<RoleMapping>,
    pub enabled: bool,
    pub enforced: bool,
    pub second_factor: bool,
}

/// What to set of a SAML provider.
#[derive(Debug, Clone)]
pub struct SamlChange {
    pub name: String,
    /// The provider's metadata; none: as it is, or to be fetched.
    pub metadata: Option<String>,
    /// Where to fetch it; none: it is given, or as it is.
    pub metadata_url: Option<String>,
    /// The names of attributes.
    pub claims: ClaimNames,
    pub default_role: Role,
    pub role_mapping: Vec<RoleMapping>,
    pub enabled: bool,
    pub enforced: bool,
    pub second_factor: bool,
}

/// What a look at the provider has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SsoTest {
    #[schema(example = "https://login.example.com")]
    pub issuer: String,
    #[schema(example = "https://login.example.com/authorize")]
    pub authorization_endpoint: String,
    /// Null: SAML has none.
    #[schema(required, example = "https://login.example.com/token")]
    pub token_endpoint: Option<String>,
    /// Keys that it may sign with.
    #[schema(example = 2)]
    pub signing_keys: usize,
}

/// A connection as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredSso {
    pub workspace: WorkspaceId,
    pub shown: SsoConnection,
    pub sealed_secret: Vec<u8>,
}

/// Somebody, as their workspace's provider describes them.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub workspace: WorkspaceId,
    pub role: Role,
    /// Whether a member's role stays as it is: no groups are mapped.
    pub keeps_role: bool,
    /// The provider has asked for a second factor.
    pub second_factor: bool,
}

impl StoredSso {
    /// What the provider says, by the names that are set.
    pub fn read(&self, mut common: Claims, all: &Map<String, Value>) -> (Claims, Directory) {
        let names = &self.shown.claims;
        let text = |name: &str| all.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        common.email = text(&names.email).map(str::to_owned);
        // A provider that speaks for the domain need not say so; one that says that it doesn't know is believed.
        common.email_verified = all.get("email_verified").is_none_or(|told| *told == true || *told == "true");
        common.name = text(&names.name).map(str::to_owned);
        let groups: Vec<&str> = match all.get(&names.groups) {
            Some(Value::String(group)) => vec![group.as_str()],
            Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mapped = self.shown.role_mapping.iter().filter(|mapping| groups.contains(&mapping.group.as_str()));
        let role = mapped.map(|mapping| mapping.role).max().unwrap_or(self.shown.default_role);
        let keeps_role = self.shown.role_mapping.is_empty();
        let second_factor = self.shown.second_factor;
        (common, Directory { workspace: self.workspace, role: role.min(Role::Admin), keeps_role, second_factor })
    }
}

/// The domain of an address, as it is compared.
pub(crate) fn domain_of(address: &str) -> Option<String> {
    let domain = address.rsplit_once('@')?.1.trim().to_lowercase();
    (!domain.is_empty()).then_some(domain)
}

/// A domain as DNS writes it; none: it is none that somebody could govern.
pub(super) fn parse_domain(text: &str) -> Option<String> {
    let url::Host::Domain(domain) = url::Host::parse(text.trim().trim_end_matches('.')).ok()? else { return None };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (domain.contains('.') && domain.len() <= 200 && domain.split('.').all(label)).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_read_as_dns_writes_them() {
        for (text, read) in [
            ("Example.COM", Some("example.com")),
            (" a.b-c.example. ", Some("a.b-c.example")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost", None),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("exa mple.com", None),
            ("-a.example", None),
            ("a..example", None),
            ("*.example.com", None),
            ("https://example.com", None),
            ("ann@example.com", None),
            ("", None),
        ] {
            assert_eq!(parse_domain(text).as_deref(), read, "{text}");
        }
        assert_eq!(domain_of("Ann@Example.COM").as_deref(), Some("example.com"));
        assert_eq!(domain_of("\"a@b\"@example.com").as_deref(), Some("example.com"));
    }
}
