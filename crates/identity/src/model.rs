//! Users and sessions as the API shows them.

use contracts::{
    identity::KeyScope,
    tenancy::{Permission, Workspace},
};
use ipnet::IpNet;
use kernel::{ApiKeyId, PasskeyId, SessionId, Timestamp, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    #[default]
    En,
    Vi,
}

impl Locale {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Vi => "vi",
        }
    }

    /// As stored; what this version does not know reads as English.
    pub(crate) fn from_name(name: &str) -> Self {
        if name == Self::Vi.as_str() { Self::Vi } else { Self::En }
    }
}

/// The colours of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    Light,
    Dark,
    /// What the device prefers.
    #[default]
    System,
}

impl Theme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    /// As stored; what this version does not know reads as the device's preference.
    pub(crate) fn from_name(name: &str) -> Self {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == name).unwrap_or_default()
    }
}

/// Free attributes of a user, which the interface keeps its own settings in.
pub type Attributes = web::attributes::Attributes;

/// The caller as they see themselves.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct User {
    pub id: UserId,
    #[schema(example = "ann@example.com")]
    pub email: String,
    #[schema(example = "Ann")]
    pub name: String,
    /// Path of the picture; null: none.
    #[schema(required, example = "/api/v1/users/user_01h455vb4pex5vsknk084sn02q/avatar?v=5d41402abc4b2a76")]
    pub avatar_url: Option<String>,
    pub locale: Locale,
    pub theme: Theme,
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>, example = json!({"composer": {"send_on_enter": true}}))]
    pub attributes: Attributes,
    /// Whether they operate this installation.
    pub platform_admin: bool,
    pub created_at: Timestamp,
    /// Whether they have shown that they receive what is sent to their address.
    pub email_verified: bool,
}

/// The answer to a login or a renewal.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Session {
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIs…")]
    pub access_token: String,
    pub token_type: TokenType,
    /// Seconds that the access token is good for.
    #[schema(example = 600)]
    pub expires_in: u64,
    pub user: User,
    /// The workspace that the token is for.
    pub workspace: Workspace,
    /// What the caller's role allows there.
    pub permissions: Vec<Permission>,
    /// When the account is erased, if its person has asked to delete it: they can take that back until then.
    #[schema(required)]
    pub erases_at: Option<Timestamp>,
    /// Null: it is the user. Otherwise an administrator of the platform acts as them.
    #[schema(required)]
    pub impersonation: Option<Impersonation>,
}

/// An administrator of the platform acts as the user of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Impersonation {
    /// The administrator.
    pub by: UserId,
    /// Why, in their words.
    #[schema(example = "Ticket 4711: conversations are missing")]
    pub reason: String,
    /// When it ends by itself.
    pub ends_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub enum TokenType {
    Bearer,
}

/// The caller, where they are and where else they could be.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Me {
    pub user: User,
    /// The workspace of the access token.
    pub workspace: Workspace,
    /// What the caller's role allows there.
    pub permissions: Vec<Permission>,
    /// The personal one first, then by name.
    pub workspaces: Vec<Workspace>,
}

/// A way to complete a login whose password was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// A code of an authenticator app.
    Totp,
    Passkey,
    /// One of the codes that were shown when the first factor was set up. Each counts once.
    RecoveryCode,
}

/// The password was right, and the account asks for more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SecondFactorNeeded {
    /// Send it with the second factor. It counts in this browser only, and once.
    #[schema(example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    pub challenge: String,
    /// What can complete the login.
    pub methods: Vec<SecondFactor>,
    /// Seconds until it has to begin again.
    #[schema(example = 300)]
    pub expires_in: u64,
}

/// How the caller signs in besides by the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Factors {
    /// Since when an authenticator app is asked; null: none is.
    #[schema(required)]
    pub totp_since: Option<Timestamp>,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many recovery codes were not used yet.
    pub recovery_codes: i64,
    /// Whether passkeys work at this installation's address.
    pub passkeys_available: bool,
}

/// What an authenticator app needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TotpSetUp {
    /// For typing, in Base32.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    pub secret: String,
    /// For a QR code.
    #[schema(
        example = "otpauth://totp/Parlance:ann%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Parlance"
    )]
    pub uri: String,
}

/// Ways in without a factor, shown this one time. Each counts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RecoveryCodes {
    #[schema(example = json!(["4k7m-q2vx-9d3h-w8np"]))]
    pub recovery_codes: Vec<String>,
}

/// One of the caller's passkeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PasskeyInfo {
    pub id: PasskeyId,
    #[schema(example = "Ann's laptop")]
    pub name: String,
    pub created_at: Timestamp,
    #[schema(required)]
    pub last_used_at: Option<Timestamp>,
}

/// What a browser needs to make or use a passkey (WebAuthn Level 3).
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Ceremony {
    /// Send it back with the credential. It counts once, for five minutes.
    #[schema(example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    pub ceremony: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub options: serde_json::Value,
}

/// One of the caller's live sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SessionInfo {
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    #[schema(required, example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0")]
    pub user_agent: Option<String>,
    /// The address that it was last renewed from.
    #[schema(required, example = "203.0.113.7")]
    pub ip: Option<String>,
    pub created_at: Timestamp,
    /// When it was last renewed.
    pub last_used_at: Timestamp,
    /// When it ends if it is not renewed.
    pub expires_at: Timestamp,
    /// Null: it is the user's own. Otherwise why an administrator of the platform acts as them.
    #[schema(required, example = "Ticket 4711: conversations are missing")]
    pub impersonation_reason: Option<String>,
}

/// A user as administrators of the platform see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PlatformUser {
    pub id: UserId,
    #[schema(example = "ann@example.com")]
    pub email: String,
    #[schema(example = "Ann")]
    pub name: String,
    /// Path of the picture; null: none.
    #[schema(required)]
    pub avatar_url: Option<String>,
    /// Whether they operate this installation.
    pub platform_admin: bool,
    pub email_verified: bool,
    /// Null: they may sign in.
    #[schema(required)]
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    #[schema(required)]
    pub last_login_at: Option<Timestamp>,
    /// When one of their sessions was last renewed; sessions that ended long ago are forgotten.
    #[schema(required)]
    pub last_seen_at: Option<Timestamp>,
    /// Sessions that live.
    #[schema(example = 2)]
    pub sessions: i64,
}

/// What to list of all users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    Active,
    Disabled,
    /// Administrators of the platform.
    Admin,
}

impl UserStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Admin => "admin",
        }
    }
}

/// A user, where they are and where they are signed in.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PlatformUserDetail {
    #[serde(flatten)]
    pub user: PlatformUser,
    /// Their workspaces that are not deleted, the personal one first.
    pub workspaces: Vec<Workspace>,
    /// The live ones, the newest first, 50 at the most.
    pub live_sessions: Vec<SessionInfo>,
}

/// A picture as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    pub media_type: String,
    /// Hex SHA-256 of the bytes.
    pub digest: String,
    pub data: Vec<u8>,
}

/// Whose API key it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KeyOwner {
    pub id: UserId,
    #[schema(example = "Ann")]
    pub name: String,
    #[schema(example = "ann@example.com")]
    pub email: String,
}

/// An API key without its secret. What is null is not limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ApiKeyInfo {
    pub id: ApiKeyId,
    #[schema(example = "Nightly reports")]
    pub name: String,
    /// What the secret begins with.
    #[schema(example = "sk-parl-4eC3")]
    pub prefix: String,
    pub scopes: Vec<KeyScope>,
    /// Ids of models and names of routes that it may ask for.
    #[schema(required, example = json!(["openai/gpt-5.2", "fast"]))]
    pub models: Option<Vec<String>>,
    #[schema(required, example = 60)]
    pub requests_per_minute: Option<u32>,
    #[schema(required, example = 100_000)]
    pub tokens_per_minute: Option<u32>,
    /// Networks that it may be used from.
    #[schema(required, value_type = Option<Vec<String>>, example = json!(["203.0.113.0/24"]))]
    pub allowed_ips: Option<Vec<IpNet>>,
    #[schema(required)]
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// To the minute.
    #[schema(required)]
    pub last_used_at: Option<Timestamp>,
    #[schema(required)]
    pub revoked_at: Option<Timestamp>,
    /// Who made it, and whose role bounds it.
    pub user: KeyOwner,
}

/// An API key among those of all workspaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    pub workspace: WorkspaceId,
    pub key: ApiKeyInfo,
}
