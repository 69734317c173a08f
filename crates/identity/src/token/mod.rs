//! Access tokens (JWT), refresh tokens, and the keys behind them.

mod access;
mod folder;
mod keys;
mod refresh;

pub(crate) use access::AccessTokens;
pub use keys::KeyError;
pub(crate) use keys::KeyRing;
pub(crate) use refresh::RefreshToken;
