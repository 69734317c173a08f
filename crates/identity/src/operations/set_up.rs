//! The first administrator of the platform: made with a link that a start prints, and never by being the
//! first to sign up.

use contracts::audit::{Action, Entry};
use database::Platform;
use secrecy::SecretString;

use super::NewUser;
use crate::{
    Identity, IdentityError,
    config::SETUP_TTL,
    email,
    store::{platform, users},
    token::Opaque,
};

#[derive(Debug)]
pub struct SetUp {
    /// What stands after the link's `#`.
    pub token: String,
    pub email: String,
    /// Of a user who exists already: theirs.
    pub password: SecretString,
    pub name: Option<String>,
}

impl Identity {
    /// The path of a link that makes one person an administrator, once; none if there is one. It is to be
    /// shown to whoever started the process, and to nobody else.
    pub async fn setup_path(&self) -> Result<Option<String>, IdentityError> {
        let now = self.env.now();
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        if platform::count_administrators(&mut tx).await? > 0 {
            return Ok(None);
        }
        let token = Opaque::new(&self.env);
        platform::insert_setup(&mut tx, token.hash(), now, now + SETUP_TTL).await?;
        tx.commit().await?;
        Ok(Some(format!("/setup#{}", token.expose())))
    }

    /// Makes the user, or takes the one who has the address and proves it with their password, and makes them
    /// an administrator. The link has done its work then, and so has every other one.
    pub async fn set_up(&self, set_up: SetUp) -> Result<(), IdentityError> {
        let hash = Opaque::parse(&set_up.token).ok_or(IdentityError::LinkInvalid)?.hash();
        // What is refused later does not use the link up, and a link that is no good costs no hash.
        if !platform::has_setup(&self.db, hash.clone(), self.env.now()).await? {
            return Err(IdentityError::LinkInvalid);
        }
        let new = NewUser {
            email: set_up.email,
            password: set_up.password,
            name: set_up.name,
            locale: None,
            platform_admin: true,
        };
        email::check(&new.email).map_err(|message| IdentityError::Invalid {
            field: "email",
            code: "invalid",
            message,
        })?;
        let key = email::key(&new.email);
        let known = users::credentials_by_email(&self.db, &key).await?;
        let row = match &known {
            Some(known) => {
                let verdict = self.passwords.verify(&new.password, Some(&known.password_hash)).await?;
                if !verdict.matches || known.disabled {
                    return Err(IdentityError::InvalidCredentials);
                }
                None
            }
            None => Some(self.new_row(new, true).await?),
        };
        let now = self.env.now();
        let mut tx = self.db.begin(Platform).await?;
        // Two links at once make one administrator: the epoch's row is the lock.
        self.key_epochs.bump(&mut tx).await?;
        if platform::count_administrators(&mut tx).await? > 0 || !platform::take_setup(&mut tx, hash, now).await? {
            return Err(IdentityError::LinkInvalid);
        }
        let user = match (row, known) {
            (Some(row), _) => {
                if !self.insert_user(&mut tx, &row).await? {
                    return Err(IdentityError::EmailTaken);
                }
                row.id
            }
            (None, Some(known)) => {
                let id = known.user.id;
                users::verify_email(&mut tx, id, &key, now).await?;
                platform::set_administrator(&mut tx, id, true, now).await?;
                id
            }
            (None, None) => return Err(IdentityError::NoUser),
        };
        self.audit.record(&mut tx, Entry::platform(Action::PlatformSetUp).about(user).by(user)).await?;
        Ok(tx.commit().await?)
    }
}
