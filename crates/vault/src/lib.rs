//! Seals secrets that have to be read again, such as providers' keys, so that the database alone gives
//! none away.
//!
//! AES-256-GCM with a random nonce, under a master key that does not stand in the database: in
//! the setting `providers.master_keys`, else in `<data_dir>/keys/master.key`, which is made at
//! the first start. What is sealed is bound to its place, the ids of its row: moved to another row it
//! does not open. The first master key seals and all of them open, so a new one
//! is put before the old one, and the old one goes once everything was sealed again.
//!
//! What is sealed is a version byte, four bytes that tell master keys apart, the nonce, and the
//! sealed text with its tag.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::Env;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

const VERSION: u8 = 1;
/// Bytes that tell master keys apart.
const ID: usize = 4;
const FILE: &str = "master.key";

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{0} is no master key: it must be 32 random bytes in Base64 (`openssl rand -base64 32`)")]
    Bad(String),
    #[error("a secret can't be opened: the master key that sealed it is missing from `providers.master_keys`")]
    Closed,
}

/// Where a secret belongs: the bytes of its row's ids, and what else it must not be mistaken for. Parts are
/// joined, so those of one kind of secret have fixed lengths.
pub type Place<'a> = &'a [&'a [u8]];

/// The master keys.
pub struct Vault {
    /// The first seals; never empty.
    first: Master,
    others: Vec<Master>,
}

struct Master {
    id: [u8; ID],
    key: LessSafeKey,
}

impl Vault {
    /// From the setting, else from the data folder.
    pub fn open(keys: &[SecretString], data_dir: &Path, env: &Env) -> Result<Self, VaultError> {
        let mut masters = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            masters.push(Master::parse(key.expose_secret(), &format!("providers.master_keys[{index}]"))?);
        }
        if masters.is_empty() {
            let path = data_dir.join("keys").join(FILE);
            let text = read_or_make(&path, env).map_err(|source| VaultError::Io { path: path.clone(), source })?;
            masters.push(Master::parse(&text, &path.display().to_string())?);
        }
        let first = masters.remove(0);
        Ok(Self { first, others: masters })
    }

    /// Seals a text for one place.
    pub fn seal(&self, env: &Env, place: Place<'_>, text: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = env.random::<NONCE_LEN>();
        let mut text = text.to_vec();
        self.first
            .key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to(place), &mut text)
            .map_err(|_| VaultError::Closed)?;
        Ok([&[VERSION][..], &self.first.id, &nonce, &text].concat())
    }

    /// Opens what was sealed for this place.
    pub fn unseal(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretSlice<u8>, VaultError> {
        let (head, rest) = sealed.split_at_checked(1 + ID).ok_or(VaultError::Closed)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(VaultError::Closed)?;
        let masters = std::iter::once(&self.first).chain(&self.others);
        let mut fitting = masters.filter(|master| head == [&[VERSION][..], &master.id].concat());
        let opened = fitting.find_map(|master| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            Some(master.key.open_in_place(nonce, bound_to(place), &mut text).ok()?.to_vec())
        });
        opened.map(SecretSlice::from).ok_or(VaultError::Closed)
    }

    /// The same of a text.
    pub fn unseal_text(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretString, VaultError> {
        let bytes = self.unseal(place, sealed)?;
        let text = std::str::from_utf8(bytes.expose_secret()).map_err(|_| VaultError::Closed)?;
        Ok(SecretString::from(text.to_owned()))
    }
}

impl Master {
    fn parse(text: &str, place: &str) -> Result<Self, VaultError> {
        let bad = || VaultError::Bad(place.to_owned());
        let bytes = STANDARD.decode(text.trim()).map_err(|_| bad())?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| bad())?;
        let hash = digest::digest(&digest::SHA256, &[b"parlance master key", bytes.as_slice()].concat());
        let mut id = [0; ID];
        id.copy_from_slice(hash.as_ref().get(..ID).ok_or_else(bad)?);
        Ok(Self { id, key: LessSafeKey::new(key) })
    }
}

fn bound_to(place: Place<'_>) -> Aad<Vec<u8>> {
    Aad::from(place.concat())
}

/// The file's text. If it is not there it is made, whole and for its owner alone; of processes
/// that start together, one makes it and all read the same.
fn read_or_make(path: &Path, env: &Env) -> Result<String, std::io::Error> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return found,
    }
    let folder = path.parent().unwrap_or(path);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let draft = folder.join(format!("{FILE}.{}", env.uuid().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(format!("{}\n", STANDARD.encode(env.random::<32>())).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretString {
        STANDARD.encode([byte; 32]).into()
    }

    fn vault(keys: &[SecretString]) -> Vault {
        Vault::open(keys, Path::new("/nowhere"), &Env::system()).unwrap()
    }

    #[test]
    fn a_key_opens_only_where_it_was_sealed() {
        let (env, vault) = (Env::system(), vault(&[key(1)]));
        let (workspace, connection) = (env.uuid(), env.uuid());
        let place: Place<'_> = &[workspace.as_bytes(), connection.as_bytes()];
        let sealed = vault.seal(&env, place, b"sk-a-secret").unwrap();
        assert_eq!(vault.unseal_text(place, &sealed).unwrap().expose_secret(), "sk-a-secret");
        assert!(!sealed.windows(8).any(|part| b"sk-a-secret".starts_with(part)));
        assert_ne!(sealed, vault.seal(&env, place, b"sk-a-secret").unwrap(), "nonces differ");
        let other = env.uuid();
        for elsewhere in [[other, connection], [workspace, other], [connection, workspace]] {
            let place: Place<'_> = &[elsewhere[0].as_bytes(), elsewhere[1].as_bytes()];
            assert!(vault.unseal(place, &sealed).is_err());
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.unseal(place, &changed).is_err(), "byte {at}");
            assert!(vault.unseal(place, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn master_keys_rotate() {
        let (env, old) = (Env::system(), vault(&[key(1)]));
        let place: Place<'_> = &[b"somewhere"];
        let sealed = old.seal(&env, place, b"secret").unwrap();
        let both = vault(&[key(2), key(1)]);
        assert_eq!(both.unseal_text(place, &sealed).unwrap().expose_secret(), "secret");
        let again = both.seal(&env, place, b"secret").unwrap();
        assert!(vault(&[key(2)]).unseal(place, &again).is_ok());
        assert!(vault(&[key(2)]).unseal(place, &sealed).is_err());
    }

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (env, place): (_, Place<'_>) = (Env::system(), &[b"somewhere"]);
        let sealed = Vault::open(&[], folder.path(), &env).unwrap().seal(&env, place, b"s").unwrap();
        let again = Vault::open(&[], folder.path(), &env).unwrap();
        assert!(again.unseal(place, &sealed).is_ok(), "the next start has the same key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.path().join("keys/master.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1, "no drafts are left");
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_place() {
        let short = STANDARD.encode([1; 16]);
        for bad in ["", "nope", short.as_str()] {
            let Err(error) = Vault::open(&[bad.into()], Path::new("/nowhere"), &Env::system()) else { panic!("{bad}") };
            assert!(error.to_string().starts_with("providers.master_keys[0] is no master key"), "{error}");
        }
    }
}
