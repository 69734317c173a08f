//! `parlance user …`.

use std::io::Read;

use anyhow::{Context, bail};
use clap::Subcommand;
use identity::Identity;
use kernel::Env;
use secrecy::SecretString;

use super::say;
use crate::{Config, Platform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a user with a personal workspace, and print the user's id
    Create {
        #[arg(long)]
        email: String,
        /// What to call them; the part of the e-mail before the @ unless told
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Let them administer this installation
        #[arg(long)]
        platform_admin: bool,
    },
    /// Let a user administer this installation, from their next request on
    Promote {
        #[arg(long)]
        email: String,
    },
    /// Take that from them again; the last administrator stays
    Demote {
        #[arg(long)]
        email: String,
    },
    /// Give a user who can't get in another password; their sessions end
    SetPassword {
        #[arg(long)]
        email: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let identity = Platform::open(config, Env::system()).await?.identity;
    match command {
        Command::Create { email, name, password_stdin: _, platform_admin } => {
            let password = read_password()?;
            let new = identity::NewUser { email, name, password, locale: None, platform_admin };
            say(identity.create_user(new).await?);
        }
        Command::SetPassword { email, password_stdin: _ } => identity.set_password(&email, &read_password()?).await?,
        Command::Promote { email } => set_admin(&identity, &email, true).await?,
        Command::Demote { email } => set_admin(&identity, &email, false).await?,
    }
    Ok(())
}

async fn set_admin(identity: &Identity, email: &str, admin: bool) -> anyhow::Result<()> {
    let user = identity.user_by_email(email).await.with_context(|| format!("no user has {email}"))?;
    // Whoever is at the command line operates the platform.
    identity.set_platform_admin(user, admin).await?;
    say(user);
    Ok(())
}

fn read_password() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("the password can't be read from standard input")?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password came on standard input; try: printf '%s' \"$PASSWORD\" | parlance user … --password-stdin");
    }
    Ok(password.into())
}
