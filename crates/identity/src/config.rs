//! What can be set about identity, and the times that nobody needs to set.

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use secrecy::SecretString;
use url::Url;
use web::limit::Policy;

use crate::{IdentityError, ProofOfWork, federation::FederationConfig};

/// A session that is not renewed for this long has ended.
pub(crate) const SESSION_IDLE: Duration = Duration::from_secs(30 * 24 * 3600);
/// A session ends after this long, however often it is renewed.
pub(crate) const SESSION_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a rotated refresh token still gives its successor: the time that parallel tabs
/// and lost answers need.
pub(crate) const REFRESH_GRACE: Duration = Duration::from_secs(10);
/// A signing key older than this is replaced.
pub(crate) const KEY_MAX_AGE: Duration = Duration::from_secs(90 * 24 * 3600);
/// A replaced key verifies for this much longer: far more than a token lives, so that processes
/// that have not yet seen the new key may go on signing.
pub(crate) const KEY_RETIREMENT: Duration = Duration::from_secs(24 * 3600);

/// A revoked API key stays in the list for this long.
pub(crate) const KEY_REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);
/// A use of an API key is noted if none was for this long.
pub(crate) const KEY_USE_NOTED: Duration = Duration::from_secs(60);

/// How long a proof of who somebody is counts for what opens doors or can't be undone.
pub(crate) const PROOF_TTL: Duration = Duration::from_secs(600);
/// How long a login may take between the password and the second factor, and a passkey to sign.
pub(crate) const CHALLENGE_TTL: Duration = Duration::from_secs(300);
/// Wrong second factors that end a login.
pub(crate) const CHALLENGE_FAILURES: i64 = 5;
/// Passkeys that one person may have.
pub(crate) const MAX_PASSKEYS: i64 = 20;

/// How long the links in letters are good for.
pub(crate) const VERIFY_TTL: Duration = Duration::from_secs(24 * 3600);
pub(crate) const RESET_TTL: Duration = Duration::from_secs(3600);
/// Letters of one kind that one address gets in an hour at the most, whoever asks for them.
pub(crate) const LETTERS: Policy = Policy { name: "letters", burst: 5, period: Duration::from_secs(3600) };
/// A device that was not used for this long is forgotten. Browsers keep a cookie for no longer (RFC 6265bis).
pub(crate) const DEVICE_REMEMBERED: Duration = Duration::from_secs(400 * 24 * 3600);

/// How long an administrator may act as somebody else.
pub(crate) const IMPERSONATION_MAX: Duration = Duration::from_secs(30 * 60);
/// How long their browser keeps the way back to their own session.
pub(crate) const RETURN_KEPT: Duration = Duration::from_secs(24 * 3600);
/// How long a link is good for that makes the first administrator. Another start prints another one.
pub(crate) const SETUP_TTL: Duration = Duration::from_secs(24 * 3600);

/// How long an access token is good for.
pub(crate) const ACCESS_TTL: Duration = Duration::from_secs(600);
/// What `Config::requests_per_ip` and `Config::strangers` are counted over.
pub(crate) const PER_IP_PERIOD: Duration = Duration::from_secs(900);

/// Who may sign up where sign-up is open. An invitation into a workspace is worth more than the domain.
#[derive(Debug, Clone, Default)]
pub struct SignUpRules {
    /// Nobody without an invitation.
    pub invited_only: bool,
    /// Domains of addresses that may, in lower case; empty: all.
    pub domains: Vec<String>,
    /// Domains of addresses that are thrown away, in lower case: nobody of those or of what is below them, invited
    /// or not.
    pub disposable: Arc<HashSet<String>>,
}

impl SignUpRules {
    /// Reads a list of domains, one a line; what begins with `#` is a remark.
    pub fn read_domains(text: &str) -> HashSet<String> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim().to_lowercase());
        lines.filter(|line| !line.is_empty()).collect()
    }

    /// Says what is wrong with an address, as far as it itself tells.
    pub(crate) fn check(&self, email: &str, invited: bool) -> Result<(), IdentityError> {
        let email = email.trim().to_lowercase();
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        let refused = |code, message| Err(IdentityError::Invalid { field: "email", code, message });
        let mut below = Some(domain);
        while let Some(name) = below {
            if self.disposable.contains(name) {
                return refused("disposable", "must not be of a throw-away mailbox");
            }
            below = name.split_once('.').map(|(_, above)| above);
        }
        if invited {
            return Ok(());
        }
        if self.invited_only {
            return Err(IdentityError::InvitationNeeded);
        }
        if !self.domains.is_empty() && !self.domains.iter().any(|allowed| allowed == domain) {
            return refused("domain", "must be of a domain that may sign up here");
        }
        Ok(())
    }
}

/// What `app` decides about identity.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address people use. With `https` the cookie is sent over TLS only.
    pub public_url: Option<Url>,
    /// Keys that are not given stand in the folder `keys` here, made at the first start.
    /// Processes that share a database must share the folder too, or be given the keys.
    pub data_dir: PathBuf,
    /// Ed25519 private keys as PKCS#8 PEM. The first signs access tokens, all verify.
    pub signing_keys: Vec<SecretString>,
    /// Derives refresh tokens from their predecessors. At least 32 characters.
    pub refresh_secret: Option<SecretString>,
    /// Seal what has to be read again, such as the secrets of authenticator apps; 32 bytes in Base64, the first
    /// seals, all open. Without any, `master.key` in the folder `keys` does.
    pub master_keys: Vec<SecretString>,
    /// Whether strangers may make an account.
    pub sign_up_open: bool,
    /// Which strangers.
    pub sign_up_rules: SignUpRules,
    /// Whether an account opens only once its address was proved.
    pub require_verified_email: bool,
    pub federation: FederationConfig,
    /// Requests to sign-up, login and password that one address may make in 15 minutes.
    pub requests_per_ip: u32,
    /// When strangers have to work before they sign up, log in, or have a letter sent.
    pub proof_of_work: ProofOfWork,
    /// Sign-ups and requests for letters in 15 minutes, of all addresses together, from which on that is an attack.
    pub strangers: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_look_at_the_domain_and_the_invitation() {
        let disposable = SignUpRules::read_domains("# throw-away\nMailinator.com\n\ntemp.example # all of it\n");
        let rules = SignUpRules {
            domains: vec!["example.com".to_owned()],
            disposable: Arc::new(disposable),
            ..SignUpRules::default()
        };
        for (email, invited, fits) in [
            ("ann@example.com", false, true),
            (" Ann@EXAMPLE.com ", false, true),
            ("ann@mail.example.com", false, false),
            ("ann@example.org", false, false),
            ("ann@example.org", true, true),
            ("ann@mailinator.com", true, false),
            ("ann@a.b.temp.example", true, false),
            ("ann@nottemp.example", true, true),
        ] {
            assert_eq!(rules.check(email, invited).is_ok(), fits, "{email} {invited}");
        }
        let rules = SignUpRules { invited_only: true, ..SignUpRules::default() };
        assert!(rules.check("ann@example.com", true).is_ok() && rules.check("ann@example.com", false).is_err());
    }
}
