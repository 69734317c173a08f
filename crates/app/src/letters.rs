//! What the configuration means for letters: how they are written, sent and shown.

use anyhow::bail;
use notifications::{MailServer, Preview};
use url::Host;

use crate::Config;

impl Config {
    /// How letters are written, sent and shown.
    pub fn letters(&self) -> anyhow::Result<notifications::Config> {
        let server = match (&self.mail.url, &self.mail.from) {
            (Some(url), Some(from)) => Some(MailServer { url: url.clone(), from: from.clone() }),
            (Some(_), None) => bail!("`mail.from`: say who writes, such as Parlance <parlance@example.com>"),
            (None, Some(_)) => bail!("`mail.url`: `mail.from` is set, but no mail server is"),
            (None, None) => None,
        };
        if let Some(server) = &server {
            notifications::check(server)?;
        }
        let preview = match self.mail.preview {
            Some(true) if server.is_some() => bail!("`mail.preview`: letters go to the mail server, none are kept"),
            Some(true) => Preview::On,
            None if server.is_none() && self.is_private() => Preview::ByLocalName,
            Some(false) | None => Preview::Off,
        };
        if self.auth.require_verified_email == Some(true) && server.is_none() && preview == Preview::Off {
            bail!("`auth.require_verified_email`: nobody would get the letter; set `mail.url` too");
        }
        Ok(notifications::Config { base_url: self.base_url(), server, preview })
    }

    /// Whether nobody but this machine reaches us, and no proxy brings others.
    fn is_private(&self) -> bool {
        let named_here = self.server.public_url.as_ref().is_none_or(|url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        });
        self.server.host.is_loopback() && self.server.trusted_proxies == 0 && named_here
    }

    /// Whether an account opens only once its address was proved.
    pub fn requires_verified_email(&self) -> bool {
        self.auth.require_verified_email.unwrap_or(self.mail.url.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let empty = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        Config::load(Some(empty.path()), &environment)
    }

    #[test]
    fn letters_are_shown_only_where_they_are_not_sent_and_nobody_else_looks() {
        let preview = |variables: &[(&str, &str)]| load(variables).unwrap().letters().unwrap().preview;
        assert_eq!(preview(&[]), Preview::Off, "everybody in the network reaches the default address");
        let here = ("PARLANCE_SERVER__HOST", "127.0.0.1");
        assert_eq!(preview(&[here]), Preview::ByLocalName);
        assert_eq!(preview(&[here, ("PARLANCE_SERVER__PUBLIC_URL", "http://localhost:4000")]), Preview::ByLocalName);
        assert_eq!(preview(&[here, ("PARLANCE_SERVER__PUBLIC_URL", "https://chat.example.com")]), Preview::Off);
        assert_eq!(preview(&[here, ("PARLANCE_SERVER__TRUSTED_PROXIES", "1")]), Preview::Off);
        assert_eq!(preview(&[here, ("PARLANCE_MAIL__PREVIEW", "false")]), Preview::Off);
        assert_eq!(preview(&[("PARLANCE_MAIL__PREVIEW", "true")]), Preview::On);
    }

    #[test]
    fn a_mail_server_makes_proof_the_rule() {
        let server = [("PARLANCE_MAIL__URL", "smtps://u:p@mail.example.com"), ("PARLANCE_MAIL__FROM", "a@example.com")];
        assert!(!load(&[]).unwrap().requires_verified_email());
        let with = load(&server).unwrap();
        assert!(with.requires_verified_email());
        assert_eq!(with.letters().unwrap().preview, Preview::Off);
        let lenient = [server[0], server[1], ("PARLANCE_AUTH__REQUIRE_VERIFIED_EMAIL", "false")];
        assert!(!load(&lenient).unwrap().requires_verified_email());
        assert!(load(&[server[0], server[1], ("PARLANCE_MAIL__PREVIEW", "true")]).is_err());
    }
}
