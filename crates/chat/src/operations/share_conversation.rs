//! With whom a conversation is shared: list, share, take back.

use std::collections::HashMap;

use contracts::{
    audit::{Action, Entry},
    identity::UserSummary,
};
use garde::Validate;
use kernel::{ConversationId, GroupId, UserId};
use serde::Deserialize;
use serde_json::json;
use sharing::{Access, Share, ShareError, Subject};
use utoipa::ToSchema;

use super::Caller;
use crate::{
    Chat,
    error::ChatError,
    model::{Conversation, ConversationAccess, ConversationShare, Participant, SubjectKind},
    realtime::ChatEvent,
    store,
};

/// How far to share.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareConversation {
    #[garde(skip)]
    pub access: Access,
}

impl Chat {
    /// With whom the caller's conversation is shared, in the order it was.
    pub async fn list_shares(&self, caller: Caller, id: ConversationId) -> Result<Vec<ConversationShare>, ChatError> {
        self.admit(caller, id, ConversationAccess::Owner).await?;
        let shares = sharing::list(&self.engine().db, &caller.scope, id.into()).await?;
        self.describe(caller, shares).await
    }

    /// Shares the caller's conversation with somebody, or changes how far it is.
    pub async fn share_conversation(
        &self,
        caller: Caller,
        id: ConversationId,
        subject: Subject,
        access: Access,
    ) -> Result<ConversationShare, ChatError> {
        let engine = self.engine();
        let conversation = self.admit(caller, id, ConversationAccess::Owner).await?;
        if subject == Subject::User(caller.user) {
            return Err(ChatError::field(
                "subject",
                "invalid",
                "the conversation is yours; share it with somebody else",
            ));
        }
        let now = engine.env.now();
        let mut tx = engine.db.begin(caller.scope).await?;
        let before = sharing::set(&mut tx, &caller.scope, id.into(), subject, access, caller.user, now).await?;
        if before != Some(access) {
            let action = if before.is_some() { Action::ConversationShareChanged } else { Action::ConversationShared };
            let entry = Entry::of(action, &caller.scope).about(id);
            let entry = match before {
                Some(before) => entry.before(json!({ "with": subject, "access": before })),
                None => entry,
            };
            engine.audit.record(&mut tx, entry.after(json!({ "with": subject, "access": access }))).await?;
        }
        tx.commit().await?;
        let shared = Conversation { shared: true, ..conversation };
        engine.tell(&caller.scope, &shared, |seen| ChatEvent::ConversationUpdated { conversation: seen }.frame()).await;
        let shares = sharing::list(&engine.db, &caller.scope, id.into()).await?;
        let share = shares.into_iter().filter(|share| share.subject == subject).collect();
        self.describe(caller, share).await?.pop().ok_or(ChatError::NotFound("share"))
    }

    /// Takes a share of the caller's conversation back. Whoever has no other way to it has lost it at once.
    pub async fn unshare_conversation(
        &self,
        caller: Caller,
        id: ConversationId,
        subject: Subject,
    ) -> Result<(), ChatError> {
        let engine = self.engine();
        self.admit(caller, id, ConversationAccess::Owner).await?;
        let had = sharing::audience(&engine.db, &caller.scope, id.into()).await?;
        let mut tx = engine.db.begin(caller.scope).await?;
        let before = sharing::remove(&mut tx, &caller.scope, id.into(), subject).await?;
        let before = before.ok_or(ChatError::NotFound("share"))?;
        let entry = Entry::of(Action::ConversationUnshared, &caller.scope).about(id);
        engine.audit.record(&mut tx, entry.before(json!({ "with": subject, "access": before }))).await?;
        tx.commit().await?;
        let conversation = self.admit(caller, id, ConversationAccess::Owner).await?;
        engine
            .tell(&caller.scope, &conversation, |seen| ChatEvent::ConversationUpdated { conversation: seen }.frame())
            .await;
        let have = sharing::audience(&engine.db, &caller.scope, id.into()).await?;
        for (user, _) in had {
            if user != caller.user && !have.iter().any(|(still, _)| *still == user) {
                let gone = || ChatEvent::ConversationDeleted { conversation_id: id }.frame();
                engine.realtime.publish(caller.scope.workspace(), user, gone);
            }
        }
        Ok(())
    }

    /// Whoever has written in a conversation, and whose it is: for the names beside what they say.
    pub async fn list_participants(&self, caller: Caller, id: ConversationId) -> Result<Vec<Participant>, ChatError> {
        let conversation = self.admit(caller, id, ConversationAccess::View).await?;
        let engine = self.engine();
        let mut ids = store::messages::authors(&engine.db, &caller.scope, conversation.admitted()).await?;
        if !ids.contains(&conversation.owner_id) {
            ids.push(conversation.owner_id);
        }
        let mut people: Vec<Participant> = engine
            .people
            .users(&ids)
            .await?
            .into_iter()
            .map(|user| Participant { user_id: user.id, name: user.name, avatar_url: user.avatar_url })
            .collect();
        people.sort_unstable_by_key(|person| (person.user_id != conversation.owner_id, person.user_id));
        Ok(people)
    }

    /// Adds names and pictures.
    async fn describe(&self, caller: Caller, shares: Vec<Share>) -> Result<Vec<ConversationShare>, ChatError> {
        let engine = self.engine();
        let users: Vec<UserId> = shares
            .iter()
            .filter_map(|share| if let Subject::User(id) = share.subject { Some(id) } else { None })
            .collect();
        let groups: Vec<GroupId> = shares
            .iter()
            .filter_map(|share| if let Subject::Group(id) = share.subject { Some(id) } else { None })
            .collect();
        let users: HashMap<UserId, UserSummary> = match users.as_slice() {
            [] => HashMap::new(),
            ids => engine.people.users(ids).await?.into_iter().map(|user| (user.id, user)).collect(),
        };
        let groups: HashMap<GroupId, String> = match groups.as_slice() {
            [] => HashMap::new(),
            ids => engine.groups.names(&caller.scope, ids).await?.into_iter().collect(),
        };
        Ok(shares
            .into_iter()
            .map(|share| {
                let (kind, name, avatar_url) = match share.subject {
                    Subject::Workspace => (SubjectKind::Workspace, None, None),
                    Subject::User(id) => {
                        let user = users.get(&id);
                        let avatar = user.and_then(|user| user.avatar_url.clone());
                        (SubjectKind::User, user.map(|user| user.name.clone()), avatar)
                    }
                    Subject::Group(id) => (SubjectKind::Group, groups.get(&id).cloned(), None),
                };
                ConversationShare {
                    subject: share.subject,
                    kind,
                    name,
                    avatar_url,
                    access: share.access,
                    created_at: share.created_at,
                }
            })
            .collect())
    }
}

impl From<ShareError> for ChatError {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::NoSubject => Self::NotFound("member or group"),
            ShareError::TooMany => Self::field("subject", "too_many", error.to_string()),
            ShareError::Database(error) => Self::Database(error),
        }
    }
}
