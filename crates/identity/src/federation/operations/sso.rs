//! What a workspace sets about its identity provider.

use contracts::{
    audit::{Action, Entry},
    tenancy::{Permissions, Role},
};
use kernel::TenantScope;
use outbound::Named;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{
    Identity, IdentityError,
    federation::{
        FederationError, oidc,
        sso::{SsoChange, SsoConnection, SsoSettings, SsoTest, StoredSso},
        store::{identities, sso},
    },
};

/// What a secret of single sign-on can't be mistaken for.
const KIND: &[u8] = b"sso client secret";

const fn invalid(field: &'static str, message: &'static str) -> IdentityError {
    IdentityError::Invalid { field, code: "invalid", message }
}

impl Identity {
    /// All that the workspace has set.
    pub async fn sso_settings(&self, scope: &TenantScope) -> Result<SsoSettings, FederationError> {
        Ok(SsoSettings {
            connection: sso::find(&self.db, scope).await?.map(|found| found.shown),
            domains: sso::domains(&self.db, scope).await?,
            redirect_uri: self.federation.redirect_uri(&scope.workspace().to_string()),
            saml: self.federation.saml_service(&scope.workspace().to_string()),
        })
    }

    /// Sets the workspace's provider. Another issuer takes the identities of the one before away: what it called its
    /// people means nothing here any more. It gives no role that allows more than `own`, what the caller may do.
    pub async fn set_sso(
        &self,
        scope: &TenantScope,
        own: Permissions,
        change: SsoChange,
    ) -> Result<SsoSettings, FederationError> {
        let before = sso::find(&self.db, scope).await?;
        self.check_address("issuer", &change.issuer)?;
        let moved =
            before.as_ref().is_some_and(|before| before.shown.issuer != change.issuer || before.shown.saml.is_some());
        let sealed_secret = match (&change.client_secret, &before) {
            (Some(secret), _) => self
                .vault
                .seal(&self.env, &[KIND, scope.workspace().uuid().as_bytes()], secret.expose_secret().as_bytes())
                .map_err(IdentityError::from)?,
            // A secret goes to the provider that it was given for, and to no other address.
            (None, Some(before)) if !moved => before.sealed_secret.clone(),
            (None, _) => return Err(invalid("client_secret", "must be given for a new issuer").into()),
        };
        let now = self.env.now();
        let stored = StoredSso {
            workspace: scope.workspace(),
            shown: SsoConnection {
                name: change.name.trim().to_owned(),
                issuer: change.issuer,
                client_id: change.client_id,
                scopes: change.scopes,
                claims: change.claims,
                default_role: change.default_role,
                role_mapping: change.role_mapping,
                enabled: change.enabled,
                enforced: change.enforced,
                second_factor: change.second_factor,
                created_at: before.as_ref().map_or(now, |before| before.shown.created_at),
                updated_at: now,
                saml: None,
            },
            sealed_secret,
        };
        self.put_sso(scope, own, before, stored, moved).await
    }

    /// Writes a connection. One that moved to another provider takes the identities of the one before away.
    pub(super) async fn put_sso(
        &self,
        scope: &TenantScope,
        own: Permissions,
        before: Option<StoredSso>,
        stored: StoredSso,
        moved: bool,
    ) -> Result<SsoSettings, FederationError> {
        let shown = &stored.shown;
        if shown.default_role > Role::Admin || shown.role_mapping.iter().any(|mapping| mapping.role > Role::Admin) {
            return Err(invalid("role_mapping", "can't make anybody an owner").into());
        }
        let mut given = shown.role_mapping.iter().map(|mapping| mapping.role).chain([shown.default_role]);
        if given.any(|role| !own.covers(role.permissions())) {
            return Err(IdentityError::BeyondOwn.into());
        }
        let mut tx = self.db.begin(scope).await?;
        let (_, verified) = sso::count_domains(&mut tx, scope).await?;
        if stored.shown.enforced && (verified == 0 || !stored.shown.enabled) {
            return Err(invalid("enforced", "needs a verified domain, and the connection to be on").into());
        }
        if moved {
            identities::delete_of_provider(&mut tx, &scope.workspace().to_string()).await?;
        }
        sso::put(&mut tx, scope, &stored).await?;
        let told = |shown: &SsoConnection| {
            json!({
                "issuer": shown.issuer, "protocol": if shown.saml.is_some() { "saml" } else { "oidc" }, "enabled": shown.enabled, "enforced": shown.enforced,
                "default_role": shown.default_role, "role_mapping": shown.role_mapping,
            })
        };
        let entry = Entry::of(Action::SsoUpdated, scope).about(scope.workspace()).after(told(&stored.shown));
        let entry = match &before {
            Some(before) => entry.before(told(&before.shown)),
            None => entry,
        };
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        self.sso_settings(scope).await
    }

    /// Takes the provider away, and with it the identities that it gave. People set a password by a letter.
    pub async fn delete_sso(&self, scope: &TenantScope) -> Result<(), FederationError> {
        let mut tx = self.db.begin(scope).await?;
        if !sso::delete(&mut tx, scope).await? {
            return Err(FederationError::NoProvider);
        }
        identities::delete_of_provider(&mut tx, &scope.workspace().to_string()).await?;
        self.audit.record(&mut tx, Entry::of(Action::SsoDeleted, scope).about(scope.workspace())).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Looks whether the provider is there and publishes what it must.
    pub async fn test_sso(&self, scope: &TenantScope) -> Result<SsoTest, FederationError> {
        let stored = sso::find(&self.db, scope).await?.ok_or(FederationError::NoProvider)?;
        if let Some(saml) = &stored.shown.saml {
            return self.test_saml(&stored.shown.issuer, saml).await;
        }
        let client = self.sso_client(&stored)?;
        self.federation.oidc.forget(&client).await;
        self.federation.oidc.look(&client).await
    }

    /// Who we are to the workspace's provider.
    pub(super) fn sso_client(&self, stored: &StoredSso) -> Result<oidc::Client, FederationError> {
        let workspace = stored.workspace.uuid();
        let place: [&[u8]; 2] = [KIND, workspace.as_bytes()];
        let secret: SecretString =
            self.vault.unseal_text(&place, &stored.sealed_secret).map_err(IdentityError::from)?;
        Ok(oidc::Client {
            issuer: stored.shown.issuer.clone(),
            client_id: stored.shown.client_id.clone(),
            client_secret: secret,
            scopes: stored.shown.scopes.join(" "),
            named: Named::ByWorkspace,
        })
    }

    /// Tokens and secrets travel over TLS, except to networks that the operator has opened.
    pub(super) fn check_address(&self, field: &'static str, address: &str) -> Result<(), IdentityError> {
        let guard = self.federation.outbound.guard();
        let refused = |_| invalid(field, "must be an https address in the public internet");
        let url = guard.permits(address).map_err(refused)?;
        if url.scheme() != "https" && !guard.opens_networks() {
            return Err(invalid(field, "must begin with https://"));
        }
        // What is added to an issuer is a path; what a SAML provider names is whole.
        if field == "issuer" && url.query().is_some() || url.fragment().is_some() {
            return Err(invalid(field, "must have no query and no fragment"));
        }
        Ok(())
    }
}
