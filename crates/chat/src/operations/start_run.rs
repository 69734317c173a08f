//! A run begins: the message, the answer to come and the run are written in one transaction.

use std::{sync::Arc, time::Duration};

use contracts::{
    guardrails::Guard,
    metering::Reservation,
    providers::{Model, Parameters},
};
use garde::Validate;
use kernel::{ConversationId, FileId, MessageId, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{Caller, present};
use crate::{
    Chat,
    engine::{Beginning, Context, Engine, Frames, Held, Question},
    error::ChatError,
    model::{Conversation, ConversationAccess, FilePart, Message, Part, Role, Run, RunStatus, StartedRun},
    store::{self, runs::RunRecord},
    stream::Position,
};

/// What to answer: either `message`, or `regenerate`.
#[allow(clippy::option_option, reason = "absent and null differ")]
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"message": {"text": "How do suspension bridges work?"}}))]
pub struct StartRun {
    /// A message to send.
    #[garde(dive)]
    pub message: Option<NewMessage>,
    /// The message that it follows. Absent: the leaf of the branch shown; null: none, it
    /// begins a tree of its own. To edit a message, send another with the same parent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    #[schema(value_type = Option<MessageId>)]
    pub parent_id: Option<Option<MessageId>>,
    /// An answer to give again, or a message to answer again.
    #[garde(skip)]
    pub regenerate: Option<MessageId>,
    /// Absent: the conversation's model, else the default one.
    #[garde(length(chars, max = 200))]
    #[schema(example = "openai/gpt-5.2")]
    pub model: Option<String>,
    /// Absent: the conversation's.
    #[garde(dive)]
    pub parameters: Option<Parameters>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    #[serde(default)]
    #[garde(length(chars, max = 200_000))]
    #[schema(max_length = 200_000, example = "How do suspension bridges work?")]
    pub text: String,
    /// Uploaded images, for a model that can see.
    #[serde(default)]
    #[garde(length(max = 10))]
    #[schema(max_items = 10)]
    pub file_ids: Vec<FileId>,
}

/// A run that has begun, or that this idempotency key began before.
pub struct Started {
    pub started: StartedRun,
    pub(crate) record: RunRecord,
    pub replayed: bool,
}

impl Started {
    pub fn run_id(&self) -> RunId {
        self.record.run.id
    }
}

/// What is to be answered, resolved.
struct Asked {
    conversation: Conversation,
    model: Arc<Model>,
    parameters: Parameters,
    /// The parent of the new message; when regenerating, of the new answer.
    parent: Option<MessageId>,
    /// The parts of the new message.
    parts: Option<Vec<Part>>,
    files: Vec<FileId>,
}

impl Chat {
    /// Sends a message, or has an answer given again. The answer is written whether or not
    /// anybody listens.
    pub async fn start_run(
        &self,
        caller: Caller,
        conversation: ConversationId,
        ask: StartRun,
        idempotency_key: Option<&str>,
    ) -> Result<Started, ChatError> {
        // Models, rules and budgets as they stand now; asking once is enough.
        // On the heap: it is large, and others hold it.
        let begun = Box::pin(self.begin_run(caller, conversation, ask, idempotency_key));
        self.engine().db.as_of_now(begun).await
    }

    async fn begin_run(
        &self,
        caller: Caller,
        conversation: ConversationId,
        ask: StartRun,
        idempotency_key: Option<&str>,
    ) -> Result<Started, ChatError> {
        let engine = self.engine();
        engine.admit()?;
        let hash = idempotency_key.map(|_| fingerprint(conversation, &ask));
        if let Some(key) = idempotency_key
            && let Some(record) = store::runs::find_by_key(&engine.db, &caller.scope, caller.user, key).await?
        {
            return self.replay(caller, record, hash.as_deref()).await;
        }
        let asked = self.resolve(caller, conversation, ask).await?;
        let Caller { scope, user, key } = caller;
        let guard = engine.guardrails.guard(&scope, key, None).await?;
        let question = Question {
            guard: guard.as_deref(),
            scope: &scope,
            user,
            conversation: asked.conversation.admitted(),
            model: &asked.model,
            system: asked.conversation.system_prompt.as_deref(),
            parameters: &asked.parameters,
            parent: asked.parent,
            parts: asked.parts.as_deref(),
        };
        let prepared = self.prepare(&question, guard.clone()).await;
        if let Err(error) = &prepared {
            engine.note_blocked(caller, error).await;
        }
        let (context, siblings, held) = prepared?;
        let reservation = engine.room_for_answer(&question, &context).await?;
        let beginning = Beginning {
            reservation,
            ..self.compose(caller, asked, context, siblings, held, (idempotency_key, hash.clone()))
        };
        let record = beginning.record.clone();
        // From here on the run is its task's: this caller may leave.
        match engine.begin(beginning).await.unwrap_or(Err(ChatError::Draining)) {
            Ok(started) => Ok(Started { started, record, replayed: false }),
            Err(ChatError::Database(error)) if error.is_unique_violation() => {
                // Somebody was faster: with the same key, or in the same conversation.
                if let Some(key) = idempotency_key
                    && let Some(record) = store::runs::find_by_key(&engine.db, &caller.scope, caller.user, key).await?
                {
                    return self.replay(caller, record, hash.as_deref()).await;
                }
                Err(ChatError::RunActive)
            }
            Err(error) => Err(error),
        }
    }

    /// What the model is to read, after the rules, and the messages beside the new one.
    async fn prepare(
        &self,
        question: &Question<'_>,
        guard: Option<Arc<dyn Guard>>,
    ) -> Result<(Context, Vec<MessageId>, Held), ChatError> {
        let Question { scope, conversation, parent, .. } = *question;
        // Only a run writes siblings, and a conversation has one at a time.
        let siblings = store::messages::siblings(&self.engine().db, scope, conversation, parent);
        let (context, siblings) = tokio::join!(self.engine().context(question), siblings);
        let mut context = context.map_err(|error| match error {
            ChatError::NotFound(_) => ChatError::field("parent_id", "not_found", "there is no such message here"),
            error => error,
        })?;
        let held = Engine::hold(guard, question, &mut context)?;
        Ok((context, siblings?, held))
    }

    /// The run's stream from its first event.
    pub fn follow_started(&self, started: &Started) -> Frames {
        self.engine().follow(started.record.clone(), Position::START)
    }

    async fn replay(&self, caller: Caller, record: RunRecord, hash: Option<&[u8]>) -> Result<Started, ChatError> {
        if record.request_hash.as_deref() != hash {
            return Err(ChatError::IdempotencyConflict);
        }
        // Whoever has lost the conversation since has lost this too.
        self.admit(caller, record.run.conversation_id, ConversationAccess::View).await?;
        let scope = caller.scope;
        let message = |id| store::messages::as_made(&self.engine().db, &scope, record.admitted(), id);
        let user_message = match record.user_message {
            Some(id) => message(id).await?,
            None => None,
        };
        let assistant_message = message(record.run.message_id).await?.ok_or(ChatError::NotFound("message"))?;
        let started = StartedRun { run: record.run.clone(), user_message, assistant_message };
        Ok(Started { started, record, replayed: true })
    }

    async fn resolve(&self, caller: Caller, id: ConversationId, ask: StartRun) -> Result<Asked, ChatError> {
        let scope = caller.scope;
        let engine = self.engine();
        let admitted = self.admit(caller, id, ConversationAccess::Edit);
        let (conversation, ()) = futures_util::future::try_join(admitted, self.check_load(caller)).await?;
        if conversation.active_run_id.is_some() {
            return Err(ChatError::RunActive);
        }
        let model = match ask.model.as_deref().or(conversation.model.as_deref()) {
            Some(model) => engine.providers.model(&scope, model).await,
            None => engine.providers.default_model(&scope).await,
        }
        .map_err(ChatError::Model)?;
        let mut parameters = ask.parameters.unwrap_or_else(|| conversation.parameters.clone());
        parameters.reasoning_effort =
            parameters.reasoning_effort.filter(|effort| model.reasoning_efforts.contains(effort));
        let (parent, parts, files) = match (ask.message, ask.regenerate) {
            (Some(message), None) => {
                let parent = ask.parent_id.unwrap_or(conversation.active_message_id);
                let files = unique(message.file_ids);
                let parts = self.parts(caller, &model, message.text, &files).await?;
                (parent, Some(parts), files)
            }
            (None, Some(target)) => {
                let found = store::messages::context(&engine.db, &scope, conversation.admitted(), target, 1);
                let found = found.await?.pop();
                let target = found
                    .ok_or_else(|| ChatError::field("regenerate", "not_found", "there is no such message here"))?;
                let parent = match target.role {
                    Role::User => Some(target.id),
                    Role::Assistant => target.parent,
                };
                (parent, None, Vec::new())
            }
            _ => {
                let message = "send either `message` or `regenerate`";
                return Err(ChatError::field("message", "required", message));
            }
        };
        Ok(Asked { conversation, model, parameters, parent, parts, files })
    }

    async fn check_load(&self, caller: Caller) -> Result<(), ChatError> {
        let engine = self.engine();
        let midnight = Timestamp::start_of(engine.env.now().date());
        let load = store::runs::load(&engine.db, &caller.scope, caller.user, midnight).await?;
        if load.active >= u64::from(engine.config.max_concurrent_runs) {
            return Err(ChatError::TooManyRuns(engine.config.max_concurrent_runs));
        }
        if load.output_tokens >= engine.config.max_output_tokens_per_day {
            return Err(ChatError::DailyLimit(engine.config.max_output_tokens_per_day));
        }
        Ok(())
    }

    /// The parts of a new message.
    async fn parts(
        &self,
        caller: Caller,
        model: &Model,
        text: String,
        files: &[FileId],
    ) -> Result<Vec<Part>, ChatError> {
        if text.trim().is_empty() && files.is_empty() {
            return Err(ChatError::field("message.text", "required", "write something, or attach an image"));
        }
        if !files.is_empty() && !model.capabilities.vision {
            let message = format!("{} can't see images; choose a model that can, or remove them", model.name);
            return Err(ChatError::field("message.file_ids", "unsupported", message));
        }
        let mut parts = Vec::with_capacity(files.len() + 1);
        for id in files {
            let file = self.get_file(caller, *id).await.map_err(|error| match error {
                ChatError::NotFound(_) => {
                    ChatError::field("message.file_ids", "not_found", format!("there is no file {id}"))
                }
                error => error,
            })?;
            parts.push(Part::File(FilePart {
                file_id: file.id,
                name: file.name,
                media_type: file.media_type,
                size: u64::try_from(file.size).unwrap_or(0),
            }));
        }
        if !text.is_empty() {
            parts.push(Part::Text { text });
        }
        Ok(parts)
    }

    /// Makes the messages and the run, in memory.
    fn compose(
        &self,
        caller: Caller,
        asked: Asked,
        context: Context,
        mut siblings: Vec<MessageId>,
        held: Held,
        (idempotency_key, request_hash): (Option<&str>, Option<Vec<u8>>),
    ) -> Beginning {
        let env = &self.engine().env;
        let now = env.now();
        let conversation_id = asked.conversation.id;
        let mut user_message = asked.parts.map(|parts| Message {
            id: env.id(),
            conversation_id,
            parent_id: asked.parent,
            author_id: caller.user,
            role: Role::User,
            parts,
            sibling_ids: Vec::new(),
            run: None,
            created_at: now,
        });
        let mut assistant_message = Message {
            id: env.id(),
            conversation_id,
            parent_id: user_message.as_ref().map_or(asked.parent, |message| Some(message.id)),
            author_id: caller.user,
            role: Role::Assistant,
            parts: context.notice.into_iter().map(Part::Notice).collect(),
            sibling_ids: Vec::new(),
            run: None,
            // After its question, so that time tells which is the leaf.
            created_at: now + Duration::from_micros(1),
        };
        let run = Run {
            id: env.id(),
            conversation_id,
            message_id: assistant_message.id,
            status: RunStatus::Running,
            model: asked.model.id.clone(),
            finish_reason: None,
            error: None,
            usage: None,
            started_at: now,
            finished_at: None,
            first_token_ms: None,
            guardrails: held.decisions.clone(),
        };
        assistant_message.run = Some(run.clone());
        // The first new message is the youngest below the parent; an answer to a new one has no siblings.
        siblings.push(user_message.as_ref().map_or(assistant_message.id, |message| message.id));
        if let Some(message) = &mut user_message {
            message.sibling_ids = siblings;
            assistant_message.sibling_ids = vec![assistant_message.id];
        } else {
            assistant_message.sibling_ids = siblings;
        }
        let record = RunRecord {
            workspace: caller.scope.workspace(),
            user: caller.user,
            user_message: user_message.as_ref().map(|message| message.id),
            requested_model: asked.model.id.clone(),
            prices: asked.model.prices.clone(),
            usage_id: env.id(),
            request_hash,
            run,
        };
        Beginning {
            conversation: asked.conversation,
            model: asked.model,
            parameters: asked.parameters,
            context,
            files: asked.files,
            user_message,
            assistant_message,
            record,
            idempotency_key: idempotency_key.map(str::to_owned),
            caller,
            held,
            reservation: Reservation::none(),
        }
    }
}

fn unique(ids: Vec<FileId>) -> Vec<FileId> {
    let mut seen = std::collections::HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

/// Tells whether a repeated key comes with the same request.
fn fingerprint(conversation: ConversationId, ask: &StartRun) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(conversation.uuid().as_bytes());
    hash.update(serde_json::to_vec(ask).unwrap_or_default());
    hash.finalize().to_vec()
}
