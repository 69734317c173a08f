//! What a request brings to prove who calls.

use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::{PasskeyAnswer, Proof};

/// One proof, by its `method`.
#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ProofBody {
    Password {
        #[garde(custom(|password: &SecretString, (): &()| super::session::check_length(password)))]
        #[schema(value_type = String, format = "password", max_length = 256, example = "correct horse battery staple")]
        password: SecretString,
    },
    /// A code of an authenticator app.
    Totp {
        #[garde(custom(|code: &SecretString, (): &()| super::session::check_length(code)))]
        #[schema(value_type = String, example = "492039")]
        code: SecretString,
    },
    RecoveryCode {
        #[garde(custom(|code: &SecretString, (): &()| super::session::check_length(code)))]
        #[schema(value_type = String, example = "4k7m-q2vx-9d3h-w8np")]
        code: SecretString,
    },
    Passkey {
        /// Of the options that the passkey was asked with.
        #[garde(skip)]
        #[schema(value_type = String, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
        ceremony: SecretString,
        /// `PublicKeyCredential.toJSON()`.
        #[garde(skip)]
        #[schema(value_type = std::collections::BTreeMap<String, Value>)]
        credential: Value,
    },
}

impl From<ProofBody> for Proof {
    fn from(body: ProofBody) -> Self {
        match body {
            ProofBody::Password { password } => Self::Password(password),
            ProofBody::Totp { code } => Self::Totp(code),
            ProofBody::RecoveryCode { code } => Self::RecoveryCode(code),
            ProofBody::Passkey { ceremony, credential } => Self::Passkey(PasskeyAnswer { ceremony, credential }),
        }
    }
}
