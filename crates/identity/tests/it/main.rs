//! Identity on both engines, through its operations and its endpoints. Tests that prove a
//! behaviour of the acceptance list carry its number.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's panic is its report")]
#![allow(clippy::unused_async, reason = "a test on both databases is async, also when it awaits nothing")]

mod access_tokens;
mod addresses;
mod api_keys;
mod deletion;
mod factors;
mod federation;
mod github;
mod key_bounds;
mod key_changes;
mod keys;
mod letters;
mod lockout;
mod oidc_provider;
mod oidc_server;
mod passkeys;
mod passwords;
mod profile;
mod proof_of_work;
mod recent;
mod refresh;
mod reset;
mod rights;
mod saml;
mod saml_provider;
mod saml_server;
mod scim;
mod scim_attacks;
mod secrecy;
mod sessions;
mod sign_up_rules;
mod sso;
mod step_up;
mod support;
