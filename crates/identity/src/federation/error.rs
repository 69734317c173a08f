//! What can go wrong between us and a provider, and how callers see it.

use kernel::Code;
use outbound::Fault;
use web::Problem;

use crate::IdentityError;

/// Why somebody could not sign in or link an identity. The text is for the address of the page that
/// explains it, and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown, used, expired, of another browser or of another provider.
    State,
    /// They pressed *Cancel*, or the provider refused them.
    Cancelled,
    /// The answer is from another issuer than was asked (RFC 9207).
    Issuer,
    /// The provider can't be reached, or does not speak the protocol.
    Unavailable,
    /// What it says can't be believed: signature, audience, nonce, times.
    Untrusted,
    /// It has not verified an e-mail address.
    EmailUnverified,
    /// The address has an account, which its owner alone can link.
    AccountExists,
    /// The account is disabled.
    Disabled,
    /// Nobody can sign up here.
    SignUpClosed,
    /// The identity belongs to another account.
    Taken,
    /// The address is of no domain that the workspace speaks for.
    OtherDomain,
    /// The account has to sign in with its workspace's own provider.
    SsoRequired,
    /// Whoever began to link it has signed out meanwhile.
    SignedOut,
}

impl Refusal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Cancelled => "cancelled",
            Self::Issuer => "issuer",
            Self::Unavailable => "unavailable",
            Self::Untrusted => "untrusted",
            Self::EmailUnverified => "email_unverified",
            Self::AccountExists => "account_exists",
            Self::Disabled => "disabled",
            Self::SignUpClosed => "sign_up_closed",
            Self::Taken => "taken",
            Self::OtherDomain => "other_domain",
            Self::SsoRequired => "sso_required",
            Self::SignedOut => "signed_out",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    #[error("there is no such identity provider")]
    NoProvider,
    #[error("there is no such domain")]
    NoDomain,
    #[error("no workspace speaks for the domain")]
    NoSso,
    #[error("the record is not in DNS")]
    DomainUnverified,
    #[error("another workspace speaks for the domain")]
    DomainTaken,
    #[error("DNS can't be asked")]
    DnsFailed,
    #[error("there is no such linked identity")]
    NoIdentity,
    #[error("it is the last way into the account")]
    LastWayIn,
    /// The person is told by a page; operators by the log.
    #[error("the sign-in was refused: {} ({why})", .refusal.as_str())]
    Refused { refusal: Refusal, why: String },
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl FederationError {
    pub(super) fn refused(refusal: Refusal, why: impl Into<String>) -> Self {
        Self::Refused { refusal, why: why.into() }
    }

    /// For whoever sets a provider up: what is wrong with it.
    pub(crate) fn told(self) -> Problem {
        match self {
            Self::Refused { why, .. } => Problem::new(Code::IdentityProviderFailed).detail(why),
            other => other.into(),
        }
    }

    pub(super) fn untrusted(why: impl Into<String>) -> Self {
        Self::refused(Refusal::Untrusted, why)
    }

    pub(super) fn unavailable(what: &str, fault: &Fault) -> Self {
        Self::refused(Refusal::Unavailable, format!("{what}: {fault}"))
    }
}

impl From<database::Error> for FederationError {
    fn from(error: database::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<FederationError> for Problem {
    fn from(error: FederationError) -> Self {
        match error {
            FederationError::NoProvider => Self::new(Code::NotFound).detail("There is no such identity provider here."),
            FederationError::NoIdentity => Self::new(Code::NotFound).detail("There is no such connected account."),
            FederationError::NoDomain => Self::new(Code::NotFound).detail("There is no such domain in this workspace."),
            FederationError::NoSso => {
                Self::new(Code::NotFound).detail("No workspace has single sign-on for this address's domain.")
            }
            FederationError::DomainUnverified => Self::new(Code::DomainUnverified)
                .detail("The record was not found in DNS. Publish it, wait some minutes, and try again."),
            FederationError::DomainTaken => Self::new(Code::DomainUnverified)
                .detail("Another workspace has verified this domain. It has to give the domain up first."),
            FederationError::DnsFailed => {
                Self::new(Code::Unavailable).detail("DNS can't be asked right now. Try again in a moment.")
            }
            FederationError::LastWayIn => Self::new(Code::LastSignIn).detail(
                "This is your only way to sign in. Set a password, or connect another account, before you remove it.",
            ),
            FederationError::Refused { ref why, .. } => {
                tracing::warn!(why, "an identity provider can't be used");
                Self::new(Code::IdentityProviderFailed)
                    .detail("The identity provider can't be reached or is not set up right. Try again later.")
            }
            FederationError::Identity(error) => error.into(),
        }
    }
}
