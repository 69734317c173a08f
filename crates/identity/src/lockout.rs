//! Slows down whoever guesses a password, without locking its owner out.
//!
//! Attempts are counted by (e-mail address, client network): an attacker elsewhere can't make
//! the owner wait. The first few are free; each further one doubles the wait, up to a quarter of
//! an hour, until one succeeds or a day has passed. An attempt is counted before it is made, so
//! that many at once don't slip through, and in the database, so that all nodes count together.
//! It makes no difference whether the address has a user.
//!
//! Deliberately absent: a limit per address over all networks, which would be a means to lock
//! somebody out. The limit per client address (`Config::per_ip`) stands before this one.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use aws_lc_rs::digest;
use database::Platform;

use crate::{Identity, IdentityError, email, store::attempts};

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

/// What attempts are counted by.
fn key(email: &str, ip: IpAddr) -> Vec<u8> {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(email::key(email).as_bytes());
    hash.update(&[0]);
    hash.update(network(ip).to_string().as_bytes());
    hash.finish().as_ref().to_vec()
}

impl Identity {
    /// Admits an attempt to prove the password of `email`'s user from `ip`, or says how long to wait.
    pub(crate) async fn admit(&self, email: &str, ip: IpAddr) -> Result<Attempt, IdentityError> {
        let key = key(email, ip);

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
        self.forgive(Attempt(key(email, ip))).await
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
