//! The domains that a workspace speaks for.

use contracts::audit::{Action, Entry, Subject};
use kernel::TenantScope;

use crate::{
    Identity, IdentityError,
    federation::{
        FederationError,
        sso::{SsoDomain, parse_domain},
        store::sso,
    },
    token::Opaque,
};

/// Domains of a workspace.
const MOST: i64 = 50;

impl Identity {
    /// Adds a domain that waits for its record.
    pub async fn add_sso_domain(&self, scope: &TenantScope, domain: &str) -> Result<SsoDomain, FederationError> {
        let invalid = |code, message| IdentityError::Invalid { field: "domain", code, message };
        let domain = parse_domain(domain).ok_or(invalid("invalid", "must be a domain such as example.com"))?;
        let now = self.env.now();
        let mut tx = self.db.begin(scope).await?;
        if sso::count_domains(&mut tx, scope).await?.0 >= MOST {
            return Err(invalid("too_many", "is one more than a workspace can have").into());
        }
        if !sso::insert_domain(&mut tx, scope, &domain, &Opaque::new(&self.env).expose(), now).await? {
            return Err(invalid("taken", "is in the list already").into());
        }
        let entry = Entry::of(Action::SsoDomainAdded, scope).about(Subject::named("domain", &domain));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        sso::domain(&self.db, scope, &domain).await?.ok_or(FederationError::NoDomain)
    }

    /// Looks for the domain's record. Whoever may publish it governs the domain, and its addresses.
    pub async fn verify_sso_domain(&self, scope: &TenantScope, domain: &str) -> Result<SsoDomain, FederationError> {
        let found = sso::domain(&self.db, scope, domain).await?.ok_or(FederationError::NoDomain)?;
        // Not while a transaction is open: DNS may be slow.
        let texts = self.federation.dns.texts(&found.record_name).await.map_err(|error| {
            tracing::warn!(domain, %error, "DNS can't be asked");
            FederationError::DnsFailed
        })?;
        if !texts.iter().any(|text| text.trim() == found.record_value) {
            return Err(FederationError::DomainUnverified);
        }
        let mut tx = self.db.begin(scope).await?;
        match sso::verify_domain(&mut tx, scope, domain, self.env.now()).await {
            Err(error) if error.is_unique_violation() => return Err(FederationError::DomainTaken),
            verified => {
                if !verified? {
                    return Err(FederationError::NoDomain);
                }
            }
        }
        let entry = Entry::of(Action::SsoDomainVerified, scope).about(Subject::named("domain", domain));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        sso::domain(&self.db, scope, domain).await?.ok_or(FederationError::NoDomain)
    }

    /// Gives a domain up. With the last one that was verified, enforcement ends.
    pub async fn delete_sso_domain(&self, scope: &TenantScope, domain: &str) -> Result<(), FederationError> {
        let mut tx = self.db.begin(scope).await?;
        if !sso::delete_domain(&mut tx, scope, domain).await? {
            return Err(FederationError::NoDomain);
        }
        if sso::count_domains(&mut tx, scope).await?.1 == 0 {
            sso::end_enforcement(&mut tx, scope, self.env.now()).await?;
        }
        let entry = Entry::of(Action::SsoDomainDeleted, scope).about(Subject::named("domain", domain));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
