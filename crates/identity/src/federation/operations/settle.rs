//! Whose an identity is, and whose it becomes.

use contracts::{
    audit::{Action, Entry},
    mail::Letter,
    tenancy::Role,
};
use database::{Platform, Tx};
use kernel::{SessionId, TenantScope, UserId};
use serde_json::json;

use super::Callback;
use crate::{
    Identity, IdentityError, LoggedIn, StartedLogIn,
    config::CHALLENGE_TTL,
    email,
    federation::{
        FederationError, Refusal,
        model::Claims,
        sso::{Directory, domain_of},
        store::{identities, sso},
    },
    model::{Locale, SecondFactor, SecondFactorNeeded, User},
    name,
    operations::choose,
    scim::store as provisioning,
    store::{
        api_keys,
        challenges::{self, Challenge, Purpose},
        email_tokens, factors,
        sessions::{self, Reason},
        users,
    },
    token::Opaque,
};

/// Characters of a name that are kept.
const NAME: usize = 80;

/// What a provider calls somebody, if it can be shown.
fn shown_name(name: Option<&str>, email: &str) -> String {
    let told: String = name.unwrap_or_default().trim().chars().take(NAME).collect();
    if told.is_empty() || name::check(&told).is_err() {
        return email.split('@').next().unwrap_or(email).chars().take(NAME).collect();
    }
    told
}

impl Identity {
    /// Signs in whose identity it is. A new one makes an account, or takes over one whose address nobody has
    /// proved; an account that is in use is left to its owner, unless its workspace's own provider speaks for it. `next` may
    /// be the page of an invitation, which opens a closed door.
    pub(super) async fn sign_in_by(
        &self,
        callback: &Callback,
        claims: &Claims,
        directory: Option<&Directory>,
        next: &str,
    ) -> Result<LoggedIn, FederationError> {
        // Before the transaction: it holds locks, and must not wait for another connection.
        let leads = match directory {
            Some(_) => self.leads(claims.email.as_deref().unwrap_or_default()).await?,
            None => false,
        };
        let link = next.strip_prefix("/invite/").map(|link| link.split(['?', '#']).next().unwrap_or(link));
        let invited = match link.zip(claims.email.as_deref()) {
            Some((link, address)) => self.tenancy.invites(link, address).await?,
            None => false,
        };
        // Users and their identities belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let known = identities::note_use(&mut tx, &callback.provider, claims, self.env.now()).await?;
        let user = match (known, directory) {
            (Some(user), _) => user,
            (None, None) => self.account_for(&mut tx, &callback.provider, claims, invited).await?,
            (None, Some(directory)) => self.account_in(&mut tx, &callback.provider, claims, directory, leads).await?,
        };
        let found = users::find(&mut tx, user).await?.filter(|found| !found.disabled);
        let found = found.ok_or_else(|| FederationError::refused(Refusal::Disabled, "the account is disabled"))?;
        if let Some(directory) = directory {
            let scope = TenantScope::assume(directory.workspace);
            if provisioning::is_barred(&mut tx, &scope, user).await? {
                return Err(FederationError::refused(Refusal::Disabled, "the workspace's directory has let them go"));
            }
            let role = (directory.role, directory.keeps_role);
            if !self.tenancy.admit(&mut tx, &scope, user, role.0, role.1).await? {
                return Err(FederationError::refused(Refusal::Disabled, "the workspace is deleted"));
            }
        }
        tx.commit().await?;

        if directory.is_none() {
            self.may_sign_in_here(&found.user).await.map_err(|error| match error {
                IdentityError::SsoRequired => {
                    FederationError::refused(Refusal::SsoRequired, "the workspace wants its own provider")
                }
                other => other.into(),
            })?;
        }
        let device = callback.device.as_deref().and_then(Opaque::parse);
        // Who has a way in besides put their second factor up for all of their workspaces: one can't switch it off.
        let elsewhere = found.password_hash != users::NO_PASSWORD;
        let methods = match directory {
            Some(directory) if directory.second_factor && !elsewhere => Vec::new(),
            _ => self.second_factors(user).await?,
        };
        if !methods.is_empty() {
            return Ok(LoggedIn::SecondFactor(self.ask_second_factor(user, device, methods).await?));
        }
        let memberships = self.tenancy.memberships(user).await?;
        let membership = choose(memberships, directory.map(|directory| directory.workspace), None)?;
        let mut tx = self.db.begin(Platform).await?;
        users::note_sign_in(&mut tx, user, self.env.now()).await?;
        let begun = self.begin_session(&mut tx, found.user, membership, &callback.client, device.as_ref()).await?;
        tx.commit().await?;
        Ok(LoggedIn::Session(Box::new(self.logged_in(begun).await?)))
    }

    /// Whether the address is of somebody who owns a shared workspace or operates the platform. No provider of a
    /// workspace gets such an account by an address: an administrator, who can set one, is less than they are.
    pub(crate) async fn leads(&self, address: &str) -> Result<bool, database::Error> {
        if email::check(address).is_err() {
            return Ok(false);
        }
        let Some(found) = users::credentials_by_email(&self.db, &email::key(address)).await? else { return Ok(false) };
        let memberships = self.tenancy.memberships(found.user.id).await?;
        Ok(found.user.platform_admin || memberships.iter().any(|one| !one.personal && one.role == Role::Owner))
    }

    /// The account of somebody that their workspace's provider vouches for. DNS has shown that whoever set it governs the
    /// address's domain, and so could have any letter to the address.
    async fn account_in(
        &self,
        tx: &mut Tx,
        provider: &str,
        claims: &Claims,
        directory: &Directory,
        leads: bool,
    ) -> Result<UserId, FederationError> {
        let address = claims.email.as_deref().filter(|address| claims.email_verified && email::check(address).is_ok());
        let address =
            address.ok_or_else(|| FederationError::refused(Refusal::EmailUnverified, "no verified e-mail address"))?;
        let domain = domain_of(address).unwrap_or_default();
        if !sso::speaks_for(tx, &TenantScope::assume(directory.workspace), &domain).await? {
            return Err(FederationError::refused(Refusal::OtherDomain, "the address is of another domain"));
        }
        let user = match users::find_by_email(tx, &email::key(address)).await? {
            Some(found) if found.disabled => {
                return Err(FederationError::refused(Refusal::Disabled, "the account is disabled"));
            }
            Some(_) if leads => {
                return Err(FederationError::refused(Refusal::AccountExists, "its owner has to link it"));
            }
            Some(found) => {
                if !found.user.email_verified {
                    self.hand_over(tx, &found.user).await?;
                }
                found.user.id
            }
            None => self.make_account(tx, address, claims.name.as_deref()).await?,
        };
        self.insert_identity(tx, provider, claims, user).await?;
        Ok(user)
    }

    /// Remembers that the provider has vouched, for this browser and a few minutes.
    async fn ask_second_factor(
        &self,
        user: UserId,
        known: Option<Opaque>,
        methods: Vec<SecondFactor>,
    ) -> Result<StartedLogIn, FederationError> {
        let (secret, now) = (Opaque::new(&self.env), self.env.now());
        let device = known.clone().unwrap_or_else(|| Opaque::new(&self.env));
        let challenge = Challenge { user: Some(user), device_hash: Some(device.hash()), state: None };
        let mut tx = self.db.begin(Platform).await?;
        challenges::insert(&mut tx, secret.hash(), Purpose::LogIn, challenge, (now, now + CHALLENGE_TTL)).await?;
        tx.commit().await?;
        let needed = SecondFactorNeeded { challenge: secret.expose(), methods, expires_in: CHALLENGE_TTL.as_secs() };
        Ok(StartedLogIn { needed, device: known.is_none().then(|| device.expose().into()) })
    }

    /// The account that a new identity belongs to, which is linked to it.
    async fn account_for(
        &self,
        tx: &mut Tx,
        provider: &str,
        claims: &Claims,
        invited: bool,
    ) -> Result<UserId, FederationError> {
        let unverified = || FederationError::refused(Refusal::EmailUnverified, "no verified e-mail address");
        let address = claims.email.as_deref().filter(|address| claims.email_verified && email::check(address).is_ok());
        let address = address.ok_or_else(unverified)?;
        let user = match users::find_by_email(tx, &email::key(address)).await? {
            Some(found) if found.disabled => {
                return Err(FederationError::refused(Refusal::Disabled, "the account is disabled"));
            }
            Some(found) if found.user.email_verified => {
                return Err(FederationError::refused(Refusal::AccountExists, "its owner has to link it"));
            }
            Some(found) => {
                self.hand_over(tx, &found.user).await?;
                found.user.id
            }
            None => {
                let may = self.config.sign_up_open && self.config.sign_up_rules.check(address, invited).is_ok();
                if !may {
                    return Err(FederationError::refused(Refusal::SignUpClosed, "the rules of sign-up"));
                }
                self.make_account(tx, address, claims.name.as_deref()).await?
            }
        };
        self.insert_identity(tx, provider, claims, user).await?;
        Ok(user)
    }

    /// Gives an account whose address nobody proved to whoever has proved it now: whoever made it keeps no way in.
    pub(crate) async fn hand_over(&self, tx: &mut Tx, user: &User) -> Result<(), FederationError> {
        let now = self.env.now();
        users::clear_password(tx, user.id, now).await?;
        users::verify_email(tx, user.id, &email::key(&user.email), now).await?;
        sessions::revoke_all(tx, user.id, None, Reason::HandedOver, now).await?;
        email_tokens::delete_all(tx, user.id).await?;
        identities::delete_all(tx, user.id).await?;
        factors::delete_all(tx, user.id).await?;
        challenges::delete_all(tx, user.id).await?;
        api_keys::revoke_all_of(tx, user.id, now).await?;
        self.key_epochs.bump(tx).await?;
        self.audit.record(tx, Entry::platform(Action::UserHandedOver).about(user.id).by(user.id)).await?;
        Ok(())
    }

    /// Makes an account without a password, for an address that somebody vouches for.
    pub(crate) async fn make_account(
        &self,
        tx: &mut Tx,
        address: &str,
        name: Option<&str>,
    ) -> Result<UserId, FederationError> {
        let address = email::display(address);
        let row = users::NewUser {
            id: self.env.id(),
            email_lower: email::key(&address),
            name: shown_name(name, &address),
            email: address,
            password_hash: users::NO_PASSWORD.to_owned(),
            locale: Locale::default(),
            platform_admin: false,
            email_verified: true,
            now: self.env.now(),
        };
        if !self.insert_user(tx, &row).await? {
            // Somebody signed up with it at the same moment.
            return Err(FederationError::refused(Refusal::AccountExists, "the address was taken meanwhile"));
        }
        Ok(row.id)
    }

    /// Links an identity to the account of whoever began it and is still signed in.
    pub(super) async fn link_identity(
        &self,
        provider: &str,
        claims: &Claims,
        user: UserId,
        session: SessionId,
    ) -> Result<(), FederationError> {
        let now = self.env.now();
        let live = sessions::live(&self.db, session, now).await?.filter(|live| live.user == user);
        live.ok_or_else(|| FederationError::refused(Refusal::SignedOut, "the session has ended"))?;
        let mut tx = self.db.begin(Platform).await?;
        if let Some(owner) = identities::note_use(&mut tx, provider, claims, now).await? {
            if owner != user {
                return Err(FederationError::refused(Refusal::Taken, "it belongs to another account"));
            }
            return Ok(tx.commit().await?);
        }
        self.insert_identity(&mut tx, provider, claims, user).await?;
        Ok(tx.commit().await?)
    }

    /// Writes the identity, and a letter that it can sign in from now on.
    async fn insert_identity(
        &self,
        tx: &mut Tx,
        provider: &str,
        claims: &Claims,
        user: UserId,
    ) -> Result<(), FederationError> {
        let now = self.env.now();
        let id = self.env.id();
        if !identities::insert(tx, id, user, provider, claims, now).await? {
            return Err(FederationError::refused(Refusal::Taken, "it belongs to another account"));
        }
        let found = users::find(tx, user).await?.ok_or(IdentityError::NoUser)?.user;
        let letter = Letter::IdentityLinked { name: found.name.clone(), provider: provider.to_owned(), at: now };
        self.write_to(tx, &found, letter).await?;
        let entry = Entry::platform(Action::IdentityLinked).about(id).by(user).after(json!({ "provider": provider }));
        Ok(self.audit.record(tx, entry).await?)
    }
}
