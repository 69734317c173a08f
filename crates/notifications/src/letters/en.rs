//! Letters in English.

use contracts::mail::Letter;
use kernel::Timestamp;

use super::{Button, Words, civil, plain, provider};

const ONCE: &str = "The link works once, until";

/// `2 January 2026, 03:04 UTC`
fn moment(time: Timestamp) -> String {
    civil(time).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn hello(name: &str) -> String {
    plain(name).map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
}

fn role(name: &str) -> &str {
    match name {
        "owner" => "an owner",
        "admin" => "an administrator",
        "guest" => "a guest",
        _ => "a member",
    }
}

/// What most letters begin with.
fn letter(name: &str, subject: &str, text: String) -> Words {
    Words {
        lang: "en",
        subject: subject.to_owned(),
        heading: subject.to_owned(),
        paragraphs: vec![hello(name), text],
        facts: Vec::new(),
        button: None,
        notes: Vec::new(),
        footer: "Parlance sends letters like this one only about your account.",
        by_hand: "If the button does nothing, open this address:",
    }
}

#[allow(clippy::too_many_lines, reason = "one arm for each kind of letter")]
pub(super) fn words(of: &Letter) -> Words {
    match of {
        Letter::VerifyEmail { name, path, expires_at } => Words {
            heading: "Welcome to Parlance".to_owned(),
            button: Some(Button::new("Confirm this address", path)),
            notes: vec![
                format!("{ONCE} {}.", moment(*expires_at)),
                "If you didn't sign up, you can ignore this letter.".to_owned(),
            ],
            ..letter(
                name,
                "Confirm your e-mail address",
                "Somebody signed up to Parlance with this address. If it was you, please confirm that it is yours."
                    .to_owned(),
            )
        },
        Letter::ChangeEmail { name, path, expires_at } => Words {
            button: Some(Button::new("Use this address", path)),
            notes: vec![
                format!("{ONCE} {}. Until then your old address stays.", moment(*expires_at)),
                "If you didn't ask for this, you can ignore this letter.".to_owned(),
            ],
            ..letter(
                name,
                "Confirm your new e-mail address",
                "You asked to use this address for your Parlance account.".to_owned(),
            )
        },
        Letter::EmailChanged { name, new_address } => Words {
            notes: vec![
                "If it wasn't you, somebody knows your password: tell whoever runs this installation at once."
                    .to_owned(),
            ],
            ..letter(
                name,
                "Your e-mail address was changed",
                format!("Your Parlance account now uses {new_address}. Letters about it no longer come here."),
            )
        },
        Letter::AlreadySignedUp { name, path } => Words {
            button: Some(Button::new("Log in", path)),
            notes: vec!["If it wasn't you, there is nothing that you need to do.".to_owned()],
            ..letter(
                name,
                "You have an account already",
                "Somebody tried to sign up to Parlance with this address, which has an account already. Nothing was \
                 changed. If it was you, log in instead; there you can also set a new password."
                    .to_owned(),
            )
        },
        Letter::ResetPassword { name, path, expires_at } => Words {
            button: Some(Button::new("Set a new password", path)),
            notes: vec![
                format!("{ONCE} {}. Every device is then signed out.", moment(*expires_at)),
                "If it wasn't you, ignore this letter: your password stays as it is.".to_owned(),
            ],
            ..letter(
                name,
                "Set a new password",
                "Somebody asked for a new password for your Parlance account.".to_owned(),
            )
        },
        Letter::PasswordChanged { name, at } => Words {
            button: Some(Button::new("It wasn't me", "/forgot-password")),
            notes: vec!["If it was you, there is nothing that you need to do.".to_owned()],
            ..letter(
                name,
                "Your password was changed",
                format!(
                    "The password of your Parlance account was changed on {}. If it wasn't you, set a new one at once: \
                     every device is then signed out.",
                    moment(*at)
                ),
            )
        },
        Letter::NewDevice { name, device, ip, at } => Words {
            facts: vec![("Device", known(device)), ("Address", ip.clone()), ("Time", moment(*at))],
            button: Some(Button::new("See your sessions", "/settings/sessions")),
            notes: vec!["If it was you, there is nothing that you need to do.".to_owned()],
            ..letter(
                name,
                "A new device signed in to your account",
                "Your Parlance account was used from a device that it wasn't used from before. If it wasn't you, change \
                 your password at once: every other device is then signed out."
                    .to_owned(),
            )
        },
        Letter::SessionStolen { name, device, at } => Words {
            facts: vec![("Device", known(device)), ("Time", moment(*at))],
            button: Some(Button::new("Change your password", "/settings/security")),
            ..letter(
                name,
                "We ended a session of yours",
                "One of your sessions was used from two places at once, which can mean that somebody copied it. We \
                 ended it for both. Log in again to go on; if you can't explain it, change your password."
                    .to_owned(),
            )
        },
        Letter::IdentityLinked { name, provider: with, at } => Words {
            facts: vec![("Account", provider(with)), ("Time", moment(*at))],
            button: Some(Button::new("See your connected accounts", "/settings/security")),
            notes: vec!["If it was you, there is nothing that you need to do.".to_owned()],
            ..letter(
                name,
                &format!("You can now sign in with {}", provider(with)),
                "An account elsewhere was connected to your Parlance account and can sign in to it. If it wasn't you, \
                 disconnect it and change your password at once."
                    .to_owned(),
            )
        },
        Letter::IdentityUnlinked { name, provider: with, at } => Words {
            facts: vec![("Account", provider(with)), ("Time", moment(*at))],
            button: Some(Button::new("See your connected accounts", "/settings/security")),
            notes: vec!["If it was you, there is nothing that you need to do.".to_owned()],
            ..letter(
                name,
                &format!("You no longer sign in with {}", provider(with)),
                "An account elsewhere was disconnected from your Parlance account. If it wasn't you, change your \
                 password at once."
                    .to_owned(),
            )
        },
        Letter::SecondFactorChanged { name, factor, added, at } => {
            let what = if factor == "passkey" { "A passkey" } else { "An authenticator app" };
            let done = if *added { "was added to" } else { "was removed from" };
            Words {
                facts: vec![("Time", moment(*at))],
                button: Some(Button::new("See how you sign in", "/settings/security")),
                notes: vec!["If it was you, there is nothing that you need to do.".to_owned()],
                ..letter(
                    name,
                    &format!("{what} {done} your account"),
                    format!(
                        "{what} {done} your Parlance account. If it wasn't you, change your password at once: every \
                         other device is then signed out."
                    ),
                )
            }
        }
        Letter::RecoveryCodeUsed { name, left, ip, at } => Words {
            facts: vec![("Address", ip.clone()), ("Time", moment(*at)), ("Codes left", left.to_string())],
            button: Some(Button::new("Make new codes", "/settings/security")),
            notes: vec!["If it was you, there is nothing that you need to do.".to_owned()],
            ..letter(
                name,
                "A recovery code was used",
                "Somebody signed in to your Parlance account with one of your recovery codes. If it wasn't you, change \
                 your password at once, and make new recovery codes."
                    .to_owned(),
            )
        },
        Letter::AccountDeleted { name, path, erases_at } => Words {
            button: Some(Button::new("Keep my account", path)),
            notes: vec!["If it wasn't you, log in, keep the account, and change your password at once.".to_owned()],
            ..letter(
                name,
                "Your account will be deleted",
                format!(
                    "You asked to delete your Parlance account. Until {} you can log in and keep it. After that, your \
                     conversations, files and personal details are erased for good.",
                    moment(*erases_at)
                ),
            )
        },
        Letter::AccountRestored { name, at } => Words {
            facts: vec![("Time", moment(*at))],
            notes: vec!["If it wasn't you, change your password at once.".to_owned()],
            ..letter(name, "Your account stays", "Your Parlance account is not going to be deleted.".to_owned())
        },
        Letter::Invitation { workspace, inviter, role: as_role, path, expires_at } => {
            let inviter = plain(inviter).unwrap_or_else(|| "Somebody".to_owned());
            let workspace =
                plain(workspace).map_or_else(|| "a workspace".to_owned(), |name| format!("the workspace “{name}”"));
            let subject = format!("{inviter} invites you to {workspace}");
            let text = format!("{inviter} would like you to join {workspace} on Parlance as {}.", role(as_role));
            Words {
                paragraphs: vec![text],
                button: Some(Button::new("See the invitation", path)),
                notes: vec![
                    format!("The invitation is good until {}.", moment(*expires_at)),
                    "If you don't know who it is from, you can ignore this letter.".to_owned(),
                ],
                footer: "Parlance sent you this letter because somebody gave it your address.",
                ..letter("", &subject, String::new())
            }
        }
    }
}

fn known(device: &str) -> String {
    plain(device).unwrap_or_else(|| "unknown".to_owned())
}
