//! Conversations: create, list, read, change, delete, restore.

use contracts::{
    audit::{Action, Entry},
    providers::Parameters,
};
use garde::Validate;
use kernel::{ConversationId, Page, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Caller, optional_line, present};
use crate::{
    Chat,
    error::ChatError,
    model::{Conversation, ConversationAccess},
    realtime::ChatEvent,
    store::{
        self,
        conversations::{Changes, Filter},
    },
};

const MAX_SYSTEM_PROMPT: usize = 32_000;

/// A conversation to begin. Everything is optional.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    #[garde(custom(optional_line), length(chars, max = 200))]
    #[schema(max_length = 200, example = "A week in Hội An")]
    pub title: Option<String>,
    /// A model's id; absent: the default one.
    #[garde(length(chars, max = 200))]
    #[schema(example = "openai/gpt-5.2")]
    pub model: Option<String>,
    #[garde(custom(instructions))]
    #[schema(max_length = 32_000, example = "Answer briefly.")]
    pub system_prompt: Option<String>,
    #[garde(dive)]
    pub parameters: Option<Parameters>,
}

/// What to change; an absent field stays as it is.
#[allow(clippy::option_option, reason = "absent and null differ")]
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateConversation {
    #[garde(custom(optional_line), length(chars, max = 200))]
    #[schema(max_length = 200, example = "Hội An in May")]
    pub title: Option<String>,
    #[garde(skip)]
    pub pinned: Option<bool>,
    #[garde(skip)]
    pub archived: Option<bool>,
    /// Null: the default model.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(length(chars, max = 200)))]
    #[schema(value_type = Option<String>)]
    pub model: Option<Option<String>>,
    /// Null: none.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(custom(instructions)))]
    #[schema(value_type = Option<String>, max_length = 32_000)]
    pub system_prompt: Option<Option<String>>,
    #[garde(dive)]
    pub parameters: Option<Parameters>,
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the shape that the validator calls")]
fn instructions(text: &Option<String>, (): &()) -> garde::Result {
    let Some(text) = text else { return Ok(()) };
    if text.chars().count() > MAX_SYSTEM_PROMPT {
        return Err(garde::Error::new(format!("must have at most {MAX_SYSTEM_PROMPT} characters")));
    }
    if text.contains('\0') {
        return Err(garde::Error::new("must not contain the character U+0000"));
    }
    Ok(())
}

/// Whose conversations to list instead of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SharedConversations)]
pub enum Shared {
    /// Those of others that are shared with the caller.
    WithMe,
}

/// Which conversations to list.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListConversations {
    /// A part of the title; upper and lower case are the same.
    #[garde(length(chars, max = 200))]
    pub q: Option<String>,
    /// Those of others that are shared with the caller, instead of the caller's own; `archived` and `pinned` are
    /// then without meaning.
    #[garde(skip)]
    #[param(inline)]
    pub shared: Option<Shared>,
    /// The archived ones instead of the others.
    #[serde(default)]
    #[garde(skip)]
    pub archived: bool,
    /// Only pinned ones, or only others.
    #[garde(skip)]
    pub pinned: Option<bool>,
    /// Rows on a page, 1 to 100; 50 unless told.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 1024))]
    pub cursor: Option<String>,
}

/// [`ListConversations`], read.
#[derive(Debug, Clone, Default)]
pub struct ConversationQuery {
    pub title: Option<String>,
    pub shared: Option<Shared>,
    pub archived: bool,
    pub pinned: Option<bool>,
    pub limit: u32,
    /// The sort key of the last row shown.
    pub after: Option<ConversationKey>,
}

/// What lists of conversations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationKey(pub i64, pub ConversationId);

impl Chat {
    pub async fn create_conversation(&self, caller: Caller, new: NewConversation) -> Result<Conversation, ChatError> {
        let engine = self.engine();
        if let Some(model) = &new.model {
            self.check_model_exists(caller, model).await?;
        }
        let now = engine.env.now();
        let conversation = Conversation {
            id: engine.env.id(),
            owner_id: caller.user,
            owner_name: None,
            access: ConversationAccess::Owner,
            shared: false,
            title: new.title.map(|title| title.trim().to_owned()),
            model: new.model,
            system_prompt: new.system_prompt.filter(|text| !text.trim().is_empty()),
            parameters: new.parameters.unwrap_or_default(),
            pinned: false,
            archived: false,
            active_message_id: None,
            active_run_id: None,
            created_at: now,
            updated_at: now,
        };
        let mut tx = engine.db.begin(caller.scope).await?;
        store::conversations::insert(&mut tx, &caller.scope, caller.user, &conversation).await?;
        self.append_event(&mut tx, caller, "conversation.created", conversation.id, &conversation).await?;
        tx.commit().await?;
        engine
            .tell(&caller.scope, &conversation, |seen| ChatEvent::ConversationCreated { conversation: seen }.frame())
            .await;
        Ok(conversation)
    }

    /// The caller's own, or those shared with them; the newest activity first.
    pub async fn list_conversations(
        &self,
        caller: Caller,
        query: ConversationQuery,
    ) -> Result<Page<Conversation>, ChatError> {
        let filter = Filter {
            archived: query.archived,
            pinned: query.pinned,
            // U+0000 is in no title, and PostgreSQL takes none.
            title: query
                .title
                .map(|text| text.trim().replace('\0', "\u{fffd}").to_lowercase())
                .filter(|text| !text.is_empty()),
            before: query.after.map(|ConversationKey(time, id)| (Timestamp::from_micros(time), id)),
        };
        let engine = self.engine();
        let (db, scope, user, limit) = (&engine.db, &caller.scope, caller.user, query.limit + 1);
        let rows = match query.shared {
            None => store::conversations::list(db, scope, user, &filter, limit).await?,
            Some(Shared::WithMe) => store::conversations::shared_with(db, scope, user, &filter, limit).await?,
        };
        let rows = self.shown(caller, rows).await?;
        Ok(Page::from_overfetch(rows, query.limit as usize, |last| {
            web::cursor::encode(&ConversationKey(last.updated_at.micros(), last.id))
        }))
    }

    pub async fn get_conversation(&self, caller: Caller, id: ConversationId) -> Result<Conversation, ChatError> {
        let conversation = self.admit(caller, id, ConversationAccess::View).await?;
        self.shown_one(caller, conversation).await
    }

    pub async fn update_conversation(
        &self,
        caller: Caller,
        id: ConversationId,
        update: UpdateConversation,
    ) -> Result<Conversation, ChatError> {
        if let Some(Some(model)) = &update.model {
            self.check_model_exists(caller, model).await?;
        }
        let owners = update.pinned.is_some() || update.archived.is_some();
        let needed = if owners { ConversationAccess::Owner } else { ConversationAccess::Edit };
        self.admit(caller, id, needed).await?;
        let changes = Changes {
            title: update.title.map(|title| title.trim().to_owned()),
            pinned: update.pinned,
            archived: update.archived,
            model: update.model,
            system_prompt: update.system_prompt.map(|text| text.filter(|text| !text.trim().is_empty())),
            parameters: update.parameters,
        };
        let mut tx = self.engine().db.begin(caller.scope).await?;
        let conversation = store::conversations::update(&mut tx, &caller.scope, caller.user, id, changes)
            .await?
            .ok_or(ChatError::NotFound("conversation"))?;
        let owners = conversation.seen_with(ConversationAccess::Owner, None);
        self.append_event(&mut tx, caller, "conversation.updated", id, &owners).await?;
        tx.commit().await?;
        let engine = self.engine();
        engine
            .tell(&caller.scope, &conversation, |seen| ChatEvent::ConversationUpdated { conversation: seen }.frame())
            .await;
        self.shown_one(caller, conversation).await
    }

    /// Puts it into the bin, from where it can be restored for 30 days. A run under way is stopped.
    pub async fn delete_conversation(&self, caller: Caller, id: ConversationId) -> Result<(), ChatError> {
        let engine = self.engine();
        let conversation = self.admit(caller, id, ConversationAccess::Owner).await?;
        if let Some(run) = conversation.active_run_id {
            self.cancel_run(caller, run).await?;
        }
        let mut tx = engine.db.begin(caller.scope).await?;
        let now = engine.env.now();
        if !store::conversations::set_deleted(&mut tx, &caller.scope, caller.user, id, Some(now)).await? {
            return Err(ChatError::NotFound("conversation"));
        }
        self.append_event(&mut tx, caller, "conversation.deleted", id, &conversation).await?;
        // Whose it was and that it went; what it was about stays theirs.
        engine.audit.record(&mut tx, Entry::of(Action::ConversationDeleted, &caller.scope).about(id)).await?;
        tx.commit().await?;
        let deleted = |_: &Conversation| ChatEvent::ConversationDeleted { conversation_id: id }.frame();
        engine.tell(&caller.scope, &conversation, deleted).await;
        Ok(())
    }

    /// Takes it out of the bin; one that is not in there stays as it is.
    pub async fn restore_conversation(&self, caller: Caller, id: ConversationId) -> Result<Conversation, ChatError> {
        let mut tx = self.engine().db.begin(caller.scope).await?;
        if !store::conversations::set_deleted(&mut tx, &caller.scope, caller.user, id, None).await? {
            return Err(ChatError::NotFound("conversation"));
        }
        let entry = Entry::of(Action::ConversationRestored, &caller.scope).about(id);
        self.engine().audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        let conversation = self.get_conversation(caller, id).await?;
        let engine = self.engine();
        engine
            .tell(&caller.scope, &conversation, |seen| ChatEvent::ConversationCreated { conversation: seen }.frame())
            .await;
        Ok(conversation)
    }

    /// A model without a key may be chosen ahead of time; one that does not exist may not.
    async fn check_model_exists(&self, caller: Caller, id: &str) -> Result<(), ChatError> {
        match self.engine().providers.model(&caller.scope, id).await {
            Err(error) if error.kind == contracts::providers::ProviderErrorKind::UnknownModel => {
                Err(ChatError::Model(error))
            }
            _ => Ok(()),
        }
    }
}
