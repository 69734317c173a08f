//! Shows letters that nothing delivers.

use kernel::MailId;

use crate::{KeptMail, Notifications, NotificationsError, Outgoing, letters::Rendered, model::Stored, store};

/// Letters that a list shows.
const SHOWN: i64 = 100;

impl Notifications {
    /// Letters that were kept, the newest first.
    pub async fn kept(&self) -> Result<Vec<KeptMail>, NotificationsError> {
        let stored = store::kept(&self.0.db, SHOWN).await?;
        Ok(stored.iter().filter_map(|mail| self.kept_mail(mail).ok()).collect())
    }

    /// One of them.
    pub async fn kept_one(&self, id: MailId) -> Result<KeptMail, NotificationsError> {
        let stored = store::kept_one(&self.0.db, id).await?.ok_or(NotificationsError::NoMail)?;
        self.kept_mail(&stored)
    }

    fn kept_mail(&self, stored: &Stored) -> Result<KeptMail, NotificationsError> {
        Ok(KeptMail { letter: self.render(stored)?, created_at: stored.created_at })
    }

    /// The letter in its reader's language.
    pub(crate) fn render(&self, stored: &Stored) -> Result<Outgoing, NotificationsError> {
        let letter = stored.letter.as_ref().ok_or(NotificationsError::NoMail)?;
        let Rendered { subject, html, text } = self.0.letters.render(letter, &stored.locale)?;
        Ok(Outgoing { id: stored.id, to: stored.recipient.clone(), subject, html, text })
    }
}
