//! Access tokens (JWT), refresh tokens, links and device cookies, and the keys behind them.

mod access;
mod folder;
mod keys;
mod opaque;
mod refresh;

pub(crate) use access::AccessTokens;
pub use keys::KeyError;
pub(crate) use keys::KeyRing;
pub(crate) use opaque::Opaque;
pub(crate) use refresh::RefreshToken;
