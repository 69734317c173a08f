//! The secrets of API keys: `sk-parl-`, 32 random bytes in base 62, and a checksum.
//!
//! The checksum is the one of [GitHub's tokens](https://github.blog/engineering/behind-githubs-new-authentication-token-formats/):
//! the CRC-32 of the random part, in six digits of base 62. It keeps mistyped keys and guesses away
//! from the database, and lets scanners of leaked secrets tell a key from any other text. It is
//! no secret, and proves nothing.

use std::fmt;

use aws_lc_rs::digest;
use kernel::Env;
use secrecy::{ExposeSecret, SecretString};

const PREFIX: &str = "sk-parl-";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62⁴³ is the first power above 2²⁵⁶.
const RANDOM: usize = 43;
/// 62⁶ is the first power above 2³².
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX.len() + RANDOM + CHECKSUM;
/// Random characters that are shown for people to tell keys apart: 24 of 256 bits.
const SHOWN: usize = 4;

/// A new secret. It is shown once, and stored nowhere.
pub(crate) struct Secret(SecretString);

/// SHA-256 of a secret: what it is found by. With 256 random bits there is nothing to guess, so
/// it needs neither salt nor slowness.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SecretHash([u8; 32]);

impl Secret {
    pub fn new(env: &Env) -> Self {
        let random = base62::<RANDOM>(&env.random::<32>());
        Self(format!("{PREFIX}{random}{}", checksum(&random)).into())
    }

    pub fn hash(&self) -> SecretHash {
        SecretHash::of(self.0.expose_secret())
    }

    /// What it begins with.
    pub fn prefix(&self) -> String {
        self.0.expose_secret().chars().take(PREFIX.len() + SHOWN).collect()
    }

    /// For the one who asked for it.
    pub fn into_inner(self) -> SecretString {
        self.0
    }
}

impl SecretHash {
    /// The hash of a text that can be a secret of ours; none: it can't.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX).filter(|_| text.len() == LENGTH)?;
        let (random, sum) = digits.split_at_checked(RANDOM)?;
        (digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) && checksum(random) == sum).then(|| Self::of(text))
    }

    pub fn of(text: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        Self(bytes)
    }

    /// What the database holds.
    pub fn bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

fn checksum(random: &str) -> String {
    base62::<CHECKSUM>(&crc32fast::hash(random.as_bytes()).to_be_bytes())
}

/// A big-endian number in `N` digits, zeros in front. `N` digits must be enough.
fn base62<const N: usize>(number: &[u8]) -> String {
    let mut number = number.to_vec();
    let mut digits = [ALPHABET[0]; N];
    for digit in digits.iter_mut().rev() {
        // Long division by 62; what remains is the next digit from the right.
        let mut remainder = 0_u16;
        for byte in &mut number {
            let dividend = (remainder << 8) | u16::from(*byte);
            *byte = u8::try_from(dividend / 62).unwrap_or(u8::MAX);
            remainder = dividend % 62;
        }
        *digit = ALPHABET[usize::from(remainder)];
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(secret: &Secret) -> String {
        secret.0.expose_secret().to_owned()
    }

    #[test]
    fn looks_like_a_key_and_is_recognised() {
        let env = testkit::env();
        let (one, two) = (Secret::new(&env), Secret::new(&env));
        assert_ne!(text(&one), text(&two));
        assert_eq!(text(&one).len(), 57);
        assert!(text(&one).starts_with(&one.prefix()) && one.prefix().len() == 12);
        assert_eq!(SecretHash::parse(&text(&one)), Some(one.hash()));
        assert_ne!(one.hash(), two.hash());
        assert_eq!(format!("{:?}", one.hash()), "SecretHash(…)");
    }

    #[test]
    fn counts_in_base_62() {
        assert_eq!(base62::<3>(&[0]), "000");
        assert_eq!(base62::<3>(&[61]), "00z");
        assert_eq!(base62::<3>(&[62]), "010");
        assert_eq!(base62::<CHECKSUM>(&[0xff; 4]), "4gfFC3");
        assert_ne!(base62::<RANDOM>(&[0xff; 32]).as_bytes()[0], b'0', "43 digits are needed");
        // The check value of CRC-32 in every catalogue of CRCs.
        assert_eq!(checksum("123456789"), base62::<CHECKSUM>(&0xcbf4_3926_u32.to_be_bytes()));
    }

    proptest! {
        /// A CRC-32 sees each burst of up to 32 bits: no single mistyped character gets through,
        /// nor two neighbours that changed places.
        #[test]
        fn a_mistyped_key_is_refused(at in 8_usize..56, digit in 0_usize..62) {
            let good = text(&Secret::new(&testkit::env()));
            let mut bad = good.clone().into_bytes();
            bad[at] = ALPHABET[digit];
            let bad = String::from_utf8(bad).unwrap();
            prop_assert_eq!(SecretHash::parse(&bad).is_some(), bad == good);
            let mut swapped = good.clone().into_bytes();
            swapped.swap(at, at + 1);
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(SecretHash::parse(&swapped).is_some(), swapped == good);
        }

        #[test]
        fn nonsense_is_refused(text in "(sk-parl-)?\\PC{0,60}") {
            prop_assert!(SecretHash::parse(&text).is_none());
        }
    }
}
