//! Whether one key may do more than another.

use contracts::identity::KeyScope;
use ipnet::IpNet;
use kernel::Timestamp;

use crate::{
    IdentityError,
    model::ApiKeyInfo,
    operations::api_keys::KeyActor,
    store::api_keys::{self, Grant},
};

impl ApiKeyInfo {
    /// What it may do.
    pub(super) fn grant(&self) -> Grant<'_> {
        Grant {
            scopes: &self.scopes,
            models: self.models.as_deref(),
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            allowed_ips: self.allowed_ips.as_deref(),
            expires_at: self.expires_at,
        }
    }
}

/// The field in which `wide` allows more than `narrow`; none: it allows nothing more.
fn broader(wide: &Grant<'_>, narrow: &Grant<'_>) -> Option<&'static str> {
    let scopes = wide.scopes.iter().all(|scope: &KeyScope| narrow.scopes.contains(scope));
    let models = within(wide.models, narrow.models, |wide, narrow| wide.iter().all(|model| narrow.contains(model)));
    let allowed_ips = within(wide.allowed_ips, narrow.allowed_ips, |wide: &[IpNet], narrow: &[IpNet]| {
        wide.iter().all(|net| narrow.iter().any(|outer| outer.contains(net)))
    });
    let at_most = |wide: Option<u32>, narrow: Option<u32>| within(wide, narrow, |wide, narrow| wide <= narrow);
    let expires = within(wide.expires_at, narrow.expires_at, |wide: Timestamp, narrow| wide <= narrow);
    [
        ("scopes", scopes),
        ("models", models),
        ("allowed_ips", allowed_ips),
        ("requests_per_minute", at_most(wide.requests_per_minute, narrow.requests_per_minute)),
        ("tokens_per_minute", at_most(wide.tokens_per_minute, narrow.tokens_per_minute)),
        ("expires_at", expires),
    ]
    .into_iter()
    .find_map(|(field, is_within)| (!is_within).then_some(field))
}

/// Whether a limit keeps to another one. Without a limit everything is allowed.
fn within<T>(wide: Option<T>, narrow: Option<T>, holds: impl FnOnce(T, T) -> bool) -> bool {
    match (wide, narrow) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(wide), Some(narrow)) => holds(wide, narrow),
    }
}

impl KeyActor {
    /// If they act with a key, that key as it is now, locked.
    pub(super) async fn own_key(&self, tx: &mut database::Tx) -> Result<Option<ApiKeyInfo>, IdentityError> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let own = api_keys::lock(tx, &self.scope, key.id).await?.ok_or(IdentityError::NoKey)?;
        if own.revoked_at.is_some() {
            return Err(IdentityError::KeyRevoked);
        }
        Ok(Some(own))
    }
}

/// Refuses `grant` if it allows more than the key that is used to give, change or hold it.
pub(super) fn keep_within(own: Option<&ApiKeyInfo>, grant: &Grant<'_>) -> Result<(), IdentityError> {
    match own.and_then(|own| broader(grant, &own.grant())) {
        Some(field) => Err(IdentityError::KeyBroader(field)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_broader() {
        let models = ["a".to_owned(), "b".to_owned()];
        let (wide, narrow): ([IpNet; 1], [IpNet; 1]) =
            (["10.0.0.0/8".parse().unwrap()], ["10.1.0.0/16".parse().unwrap()]);
        let own = Grant {
            scopes: &[KeyScope::Read, KeyScope::Write],
            models: Some(&models),
            requests_per_minute: Some(10),
            tokens_per_minute: None,
            allowed_ips: Some(&wide),
            expires_at: Some(Timestamp::from_micros(100)),
        };
        assert_eq!(broader(&own, &own), None);
        let narrower = Grant {
            scopes: &[KeyScope::Read],
            models: Some(&models[..1]),
            requests_per_minute: Some(9),
            tokens_per_minute: Some(1),
            allowed_ips: Some(&narrow),
            expires_at: Some(Timestamp::from_micros(99)),
        };
        assert_eq!(broader(&narrower, &own), None);
        let other = ["c".to_owned()];
        let v6: [IpNet; 2] = ["10.0.0.1/32".parse().unwrap(), "::/0".parse().unwrap()];
        for (field, grant) in [
            ("scopes", Grant { scopes: &[KeyScope::Inference], ..own.clone() }),
            ("models", Grant { models: None, ..own.clone() }),
            ("models", Grant { models: Some(&other), ..own.clone() }),
            ("allowed_ips", Grant { allowed_ips: None, ..own.clone() }),
            ("allowed_ips", Grant { allowed_ips: Some(&v6), ..own.clone() }),
            ("requests_per_minute", Grant { requests_per_minute: Some(11), ..own.clone() }),
            ("requests_per_minute", Grant { requests_per_minute: None, ..own.clone() }),
            ("expires_at", Grant { expires_at: Some(Timestamp::from_micros(101)), ..own.clone() }),
            ("expires_at", Grant { expires_at: None, ..own.clone() }),
        ] {
            assert_eq!(broader(&grant, &own), Some(field));
        }
    }
}
