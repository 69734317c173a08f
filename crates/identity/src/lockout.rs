//! Slows down whoever guesses a password, without locking its owner out.
//!
//! Attempts are counted by (e-mail address, client network): an attacker elsewhere can't make
//! the owner wait. A browser that the owner has signed in with is counted by itself, wherever it is: an attacker
//! behind the same address can't either. The first few are free; each further one doubles the wait, up to a quarter of
//! an hour, until one succeeds or a day has passed. An attempt is counted before it is made, so
//! that many at once don't slip through, and in the database, so that all nodes count together.
//! It makes no difference whether the address has a user.
//!
//! Second factors are counted by user: only who has the password can try one. A known browser counts by itself
//! there too.
//!
//! Deliberately absent: a limit per address over all networks for passwords, which would be a means to lock
//! somebody out. The limit per client address (`Config::per_ip`) stands before this one.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use aws_lc_rs::digest;
use database::Platform;
use kernel::UserId;

use crate::{
    Identity, IdentityError, email,
    store::{attempts, devices},
    token::Opaque,
};

/// Attempts without a wait.
const FREE: i64 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(900);
/// Attempts count for this long.
pub(crate) const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// An attempt that was admitted. Forgive it when it succeeded.
pub(crate) struct Attempt(Vec<u8>);

/// How long nothing is admitted after this many failures in a row.
fn wait(failures: i64) -> Duration {
    let doublings = u32::try_from(failures - FREE).ok();
    doublings
        .map_or(Duration::ZERO, |doublings| FIRST_WAIT.saturating_mul(2_u32.saturating_pow(doublings)).min(MAX_WAIT))
}

/// The client's network: the /24 of an IPv4 address, the /48 of an IPv6 one.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

/// What attempts are counted by. The parts have a zero byte between them, which none contains but the last.
fn key(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = digest::Context::new(&digest::SHA256);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(&[0]);
        }
        hash.update(part);
    }
    hash.finish().as_ref().to_vec()
}

fn by_network(email: &str, ip: IpAddr) -> Vec<u8> {
    key(&[email::key(email).as_bytes(), network(ip).to_string().as_bytes()])
}

impl Identity {
    /// Admits an attempt to prove the password of `email`'s user from `ip`, or says how long to wait.
    pub(crate) async fn admit(
        &self,
        email: &str,
        ip: IpAddr,
        device: Option<&Opaque>,
    ) -> Result<Attempt, IdentityError> {
        let email_key = email::key(email);
        let key = match self.known(&email_key, device).await? {
            Some(device) => key(&[email_key.as_bytes(), b"device", &device]),
            None => by_network(email, ip),
        };
        self.count(key).await
    }

    /// Likewise an attempt at a second factor, by somebody who has the password or a session.
    pub(crate) async fn admit_factor(
        &self,
        user: UserId,
        email: &str,
        device: Option<&Opaque>,
    ) -> Result<Attempt, IdentityError> {
        let user = user.uuid();
        let key = match self.known(&email::key(email), device).await? {
            Some(device) => key(&[b"factor of", user.as_bytes(), &device]),
            None => key(&[b"factor of", user.as_bytes()]),
        };
        self.count(key).await
    }

    /// The device's hash, if the address's user has signed in with it.
    async fn known(&self, email_key: &str, device: Option<&Opaque>) -> Result<Option<Vec<u8>>, IdentityError> {
        let Some(hash) = device.map(Opaque::hash) else { return Ok(None) };
        // What is no address may hold what a database can't compare.
        let known = email::check(email_key).is_ok() && devices::is_known(&self.db, email_key, hash.clone()).await?;
        Ok(known.then_some(hash))
    }

    async fn count(&self, key: Vec<u8>) -> Result<Attempt, IdentityError> {
        let now = self.env.now();
        // Attempts belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let Some(failures) = attempts::count(&mut tx, key.clone(), now, now - MEMORY).await? else {
            let retry_at = attempts::retry_at(&mut tx, key).await?.unwrap_or(now);
            return Err(IdentityError::TooManyAttempts(retry_at.since(now)));
        };
        let wait = wait(failures);
        if !wait.is_zero() {
            attempts::set_retry_at(&mut tx, key.clone(), now + wait).await?;
        }
        tx.commit().await?;
        Ok(Attempt(key))
    }

    /// Forgets the failures of this network, as its user has proved otherwise who they are.
    pub(crate) async fn forgive_guesses(&self, email: &str, ip: IpAddr) -> Result<(), IdentityError> {
        self.forgive(Attempt(by_network(email, ip))).await
    }

    /// The same with all that a login may have been counted by: this network and this browser.
    pub(crate) async fn forgive_log_in(
        &self,
        email: &str,
        ip: IpAddr,
        device: Option<&Opaque>,
    ) -> Result<(), IdentityError> {
        if let Some(device) = device {
            self.forgive(Attempt(key(&[email::key(email).as_bytes(), b"device", &device.hash()]))).await?;
        }
        self.forgive_guesses(email, ip).await
    }

    /// Forgets the failures before a success.
    pub(crate) async fn forgive(&self, attempt: Attempt) -> Result<(), IdentityError> {
        Ok(attempts::forget(&self.db, attempt.0).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let waits: Vec<u64> = [1, 4, 5, 6, 7, 14, 15, 16, 40, 400].map(|failures| wait(failures).as_secs()).into();
        assert_eq!(waits, [0, 0, 1, 2, 4, 512, 900, 900, 900, 900]);
    }

    #[test]
    fn neighbours_share_a_network() {
        let of = |ip: &str| network(ip.parse().unwrap());
        assert_eq!(of("203.0.113.7"), of("203.0.113.200"));
        assert_ne!(of("203.0.113.7"), of("203.0.114.7"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:ffff::9"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
    }
}
