//! `parlance user …`.

use std::io::Read;

use anyhow::{Context, bail};
use clap::Subcommand;
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
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Create { email, name, password_stdin: _, platform_admin } = command;
    let password = read_password()?;
    let platform = Platform::open(config, Env::system()).await?;
    let user = platform
        .identity
        .create_user(identity::NewUser { email, name, password, locale: None, platform_admin })
        .await?;
    say(user);
    Ok(())
}

fn read_password() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("the password can't be read from standard input")?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!(
            "no password came on standard input; try: printf '%s' \"$PASSWORD\" | parlance user create --email … --password-stdin"
        );
    }
    Ok(password.into())
}
