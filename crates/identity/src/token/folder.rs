//! The folder that holds the keys: `<seconds since 1970>.<kid>.pem` for each signing key,
//! `refresh.secret`, and `lock`.
//!
//! Invariants: files are written whole and readable by their owner only; whoever writes holds
//! the lock, so that two processes that start together end up with the same keys.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Env, Timestamp};

use super::keys::{KeyError, SigningKey};

const REFRESH_SECRET: &str = "refresh.secret";

pub(super) struct Folder {
    path: PathBuf,
}

/// Held while keys are made or removed; dropping it lets go.
pub(super) struct Lock {
    _file: File,
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { action, path, source }
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(failed("make", path))?;
        Ok(Self { path: path.to_owned() })
    }

    pub fn lock(&self) -> Result<Lock, KeyError> {
        let path = self.path.join("lock");
        let file = private().create(true).truncate(false).open(&path).map_err(failed("open", &path))?;
        file.lock().map_err(failed("lock", &path))?;
        Ok(Lock { _file: file })
    }

    /// The newest first.
    pub fn signing_keys(&self) -> Result<Vec<SigningKey>, KeyError> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed("read", &self.path))? {
            let path = entry.map_err(failed("read", &self.path))?.path();
            let Some(created_at) = created_at(&path) else { continue };
            match fs::read_to_string(&path) {
                Ok(text) => keys.push(SigningKey::from_pem(&text, created_at, &path.display().to_string())?),
                // Another process has just retired it.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("read", &path)(error)),
            }
        }
        keys.sort_by(|a, b| (b.created_at, &b.kid).cmp(&(a.created_at, &a.kid)));
        Ok(keys)
    }

    pub fn add_signing_key(&self, lock: &Lock, env: &Env) -> Result<(), KeyError> {
        let text = SigningKey::generate(env)?;
        // Two keys of one second would have no order; the newer one must sort first.
        let newest = self.signing_keys()?.first().map(|key| key.created_at + Duration::from_secs(1));
        let created_at = newest.map_or(env.now(), |newest| newest.max(env.now()));
        let key = SigningKey::from_pem(&text, created_at, "a new key")?;
        self.write(lock, &file_name(&key), text.as_bytes())
    }

    pub fn remove_signing_key(&self, _: &Lock, key: &SigningKey) -> Result<(), KeyError> {
        let path = self.path.join(file_name(key));
        fs::remove_file(&path).map_err(failed("remove", &path))
    }

    /// The secret of 32 bytes that derives refresh tokens, made if there is none yet.
    pub fn refresh_secret(&self, lock: &Lock, env: &Env) -> Result<[u8; 32], KeyError> {
        let path = self.path.join(REFRESH_SECRET);
        match fs::read_to_string(&path) {
            Ok(text) => STANDARD
                .decode(text.trim())
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(KeyError::BadSecret(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secret = env.random::<32>();
                self.write(lock, REFRESH_SECRET, format!("{}\n", STANDARD.encode(secret)).as_bytes())?;
                Ok(secret)
            }
            Err(error) => Err(failed("read", &path)(error)),
        }
    }

    /// Writes a file so that a reader sees all of it or nothing, whatever happens meanwhile.
    fn write(&self, _: &Lock, name: &str, content: &[u8]) -> Result<(), KeyError> {
        let path = self.path.join(name);
        let temporary = self.path.join("new");
        let mut file = private().create(true).truncate(true).open(&temporary).map_err(failed("write", &temporary))?;
        file.write_all(content).and_then(|()| file.sync_all()).map_err(failed("write", &temporary))?;
        fs::rename(&temporary, &path).map_err(failed("write", &path))?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(failed("write", &self.path))
    }
}

/// Opens for writing what only the owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn file_name(key: &SigningKey) -> String {
    format!("{}.{}.pem", key.created_at.seconds(), key.kid)
}

/// When the key in this file was made; none: the file holds no signing key.
fn created_at(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?.strip_suffix(".pem")?;
    let (seconds, _) = name.split_once('.')?;
    Some(Timestamp::EPOCH + Duration::from_secs(seconds.parse().ok()?))
}
