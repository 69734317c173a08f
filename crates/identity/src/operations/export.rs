//! All that is kept of a person, for them: one JSON document, written piece by piece, so that its size is no matter.

use std::sync::Arc;

use bytes::Bytes;
use contracts::{
    PersonalData,
    audit::{Action, Entry},
    personal::PersonalPage,
};
use database::Platform;
use kernel::UserId;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    Identity, IdentityError,
    federation::store::identities,
    store::{api_keys, factors, passkeys, sessions, users},
};

/// Pieces that wait for a slow reader.
const AHEAD: usize = 4;
/// Rows of identity's own lists: a person has few.
const MANY: i64 = 1000;

/// Pieces of the document; an error breaks it off, so that nobody takes half of it for the whole.
pub type Export = ReceiverStream<Result<Bytes, IdentityError>>;

struct Writer(mpsc::Sender<Result<Bytes, IdentityError>>);

impl Writer {
    /// False: nobody reads any more.
    async fn write(&self, text: String) -> bool {
        self.0.send(Ok(Bytes::from(text))).await.is_ok()
    }
}

impl Identity {
    /// The export of a user. What other contexts keep of them follows what identity does.
    pub async fn export(self: &Arc<Self>, user: UserId) -> Result<Export, IdentityError> {
        // What fails at once fails before the answer begins.
        let own = self.own_data(user).await?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let this = self.clone();
        self.tasks.spawn("an export of a person's data", async move {
            let writer = Writer(sender);
            if let Err(error) = this.write_export(user, own, &writer).await {
                tracing::error!(%error, "an export of a person's data broke off");
                // Nobody may be there to be told.
                let _ = writer.0.send(Err(error)).await;
            }
        });
        // Reading changes nothing that this could be of one piece with.
        let mut tx = self.db.begin(Platform).await?;
        self.audit.record(&mut tx, Entry::platform(Action::UserExported).about(user)).await?;
        tx.commit().await?;
        Ok(ReceiverStream::new(receiver))
    }

    async fn write_export(&self, user: UserId, own: Value, writer: &Writer) -> Result<(), IdentityError> {
        let mut head = own.to_string();
        // The rest goes into the same object.
        head.pop();
        if !writer.write(head).await {
            return Ok(());
        }
        for part in self.personal.get().into_iter().flatten() {
            if !write_part(user, part.as_ref(), writer).await? {
                return Ok(());
            }
        }
        writer.write("}\n".to_owned()).await;
        Ok(())
    }

    async fn own_data(&self, user: UserId) -> Result<Value, IdentityError> {
        let found = users::user(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        let owned = factors::owned(&self.db, user).await?;
        let sessions = sessions::list(&self.db, user, None, MANY, self.env.now()).await?;
        let mut sessions = serde_json::to_value(&sessions)?;
        for session in sessions.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            // Which session asks is nothing of the person.
            session.remove("current");
        }
        let passkeys = passkeys::list(&self.db, user, None, MANY).await?;
        let keys = api_keys::of_user(&self.db, user).await?;
        let keys: Vec<Value> =
            keys.into_iter().map(|listed| json!({ "workspace_id": listed.workspace, "key": listed.key })).collect();
        let accounts = identities::list(&self.db, user).await?;
        let told = crate::scim::store::told_of(&self.db, user).await?;
        Ok(json!({
            "exported_at": self.env.now(), "profile": found, "authenticator_app_since": owned.totp_since,
            "passkeys": passkeys, "sessions": sessions, "api_keys": keys, "connected_accounts": accounts,
            "provisioned": told,
        }))
    }
}

/// False: nobody reads any more.
async fn write_part(user: UserId, part: &dyn PersonalData, writer: &Writer) -> Result<bool, IdentityError> {
    let mut text = format!(",{}:[", Value::from(part.name()));
    let (mut after, mut first) = (None::<String>, true);
    loop {
        let PersonalPage { items, next } = part.page(user, after.as_deref()).await?;
        for item in items {
            if !first {
                text.push(',');
            }
            first = false;
            text.push_str(&item.to_string());
        }
        if next.is_none() {
            text.push(']');
        }
        if !writer.write(std::mem::take(&mut text)).await {
            return Ok(false);
        }
        if next.is_none() {
            return Ok(true);
        }
        after = next;
    }
}
