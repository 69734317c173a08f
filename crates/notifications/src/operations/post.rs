//! Puts a letter into the outbox.

use async_trait::async_trait;
use contracts::{Mailer, mail::Mail};
use database::Tx;

use crate::{
    Notifications,
    config::GIVE_UP_AFTER,
    store::{self, NewMail, Start},
};

#[async_trait]
impl Mailer for Notifications {
    async fn post(&self, tx: &mut Tx, mail: Mail) -> Result<(), database::Error> {
        let now = self.0.env.now();
        let last = now + GIVE_UP_AFTER;
        let row = NewMail {
            id: self.0.env.id(),
            recipient: &mail.to,
            locale: &mail.locale,
            letter: &mail.letter,
            start: if self.0.carrier.is_some() { Start::Queued } else { Start::Kept },
            now,
            // Nobody needs a link that has ended.
            expires_at: mail.letter.expires_at().map_or(last, |expires_at| expires_at.min(last)),
        };
        store::insert(tx, row).await?;
        let posted = self.0.posted.clone();
        tx.on_commit(move || posted.notify_one());
        Ok(())
    }

    async fn forget(&self, tx: &mut Tx, address: &str) -> Result<(), database::Error> {
        store::forget(tx, address).await
    }
}
