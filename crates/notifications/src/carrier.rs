//! The way to a mail server.

use async_trait::async_trait;

use crate::Outgoing;

/// Takes letters to a mail server.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Returns when the server has taken the letter on.
    async fn send(&self, letter: &Outgoing) -> Result<(), Failure>;
}

/// Why a letter was not taken on. The reason goes into the log: it holds nothing of what the letter says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It won't be at another time either.
    #[error("refused: {0}")]
    Refused(String),
    /// Worth another try.
    #[error("{0}")]
    Later(String),
}
