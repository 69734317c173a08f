//! `parlance key …`.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use contracts::{identity::KeyScope, tenancy::Membership};
use identity::{KeyActor, NewApiKey};
use kernel::{ApiKeyId, Env, TenantScope};
use secrecy::ExposeSecret;

use super::say;
use crate::{Config, Platform};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an API key, and print its secret: this one time, and nothing else
    Create {
        /// E-mail of the user whom the key acts as
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// Id or name of one of the user's workspaces; the personal one unless told
        #[arg(long)]
        workspace: Option<String>,
        /// What to call it
        #[arg(long)]
        name: String,
        /// What it opens; may be given several times. The compatible APIs alone unless told
        #[arg(long = "scope", value_enum, value_name = "SCOPE", default_value = "inference")]
        scopes: Vec<Scope>,
        /// Days until it expires; never unless told
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        expires_in: Option<u32>,
    },
    /// List the API keys of all workspaces: id, workspace, user, prefix, scopes, name
    List,
    /// End an API key: it is refused from the next request on
    Revoke { id: ApiKeyId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// The compatible APIs under /v1
    Inference,
    /// GET under /api/v1
    Read,
    /// Everything else under /api/v1
    Write,
}

impl From<Scope> for KeyScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Inference => Self::Inference,
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
        }
    }
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let platform = Platform::open(config, Env::system()).await?;
    match command {
        Command::Create { user, workspace, name, scopes, expires_in } => {
            let user =
                platform.identity.user_by_email(&user).await.with_context(|| format!("{user} is not a user here"))?;
            let memberships = platform.tenancy.workspaces_of(user).await?;
            let membership = choose(memberships, workspace.as_deref())?;
            let actor = KeyActor {
                user,
                scope: TenantScope::assume(membership.workspace),
                permissions: membership.permissions,
                key: None,
            };
            let new = NewApiKey {
                name,
                scopes: KeyScope::ALL
                    .into_iter()
                    .filter(|scope| scopes.iter().any(|it| *scope == (*it).into()))
                    .collect(),
                expires_at: expires_in.map(|days| platform.env.now() + DAY * days),
                ..NewApiKey::default()
            };
            let (_, secret) = platform.identity.create_key(&actor, new).await?;
            say(secret.expose_secret());
        }
        Command::List => {
            for listed in platform.identity.all_keys().await? {
                let key = listed.key;
                let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
                let (email, prefix, scopes) = (key.user.email, key.prefix, scopes.join(","));
                say(format_args!("{}\t{}\t{email}\t{prefix}\t{scopes}\t{}", key.id, listed.workspace, key.name));
            }
        }
        Command::Revoke { id } => platform.identity.revoke_key_as_operator(id).await?,
    }
    Ok(())
}

/// The workspace of this id or name; the first, which is the personal one, unless told.
fn choose(memberships: Vec<Membership>, wanted: Option<&str>) -> anyhow::Result<Membership> {
    let Some(wanted) = wanted else {
        return memberships.into_iter().next().context("the user is in no workspace");
    };
    let mut found: Vec<Membership> = memberships
        .into_iter()
        .filter(|it| it.workspace.to_string() == wanted || it.workspace_name == wanted)
        .collect();
    let Some(one) = found.pop() else { bail!("the user is in no workspace `{wanted}`; see `parlance workspace list`") };
    if !found.is_empty() {
        bail!("the user is in several workspaces called `{wanted}`; give the id, see `parlance workspace list`");
    }
    Ok(one)
}
