//! The beginning of a run: one transaction with the message, the answer to come and the run.
//!
//! The task that works on the run also writes its beginning, so that a client that leaves in
//! the middle of it leaves nothing half done. The provider is asked while the commit waits for
//! the disk; what it says is looked at only when the beginning is stored.

use std::sync::Arc;

use contracts::{
    metering::Reservation,
    providers::{GenerationRequest, Model, Parameters, Tuning},
};
use database::Tx;
use futures_util::future;
use kernel::FileId;
use tokio::sync::oneshot;

use super::{Context, Engine, Held, live::Live};
use crate::{
    Caller,
    error::ChatError,
    model::{Conversation, Message, StartedRun},
    store::{self, messages::NewMessage, runs::RunRecord},
    stream::{Fold, Opening},
};

/// What is written when a run begins, and what its model is asked.
pub(crate) struct Beginning {
    pub conversation: Conversation,
    pub model: Arc<Model>,
    pub parameters: Parameters,
    pub context: Context,
    /// Files that the new message shows.
    pub files: Vec<FileId>,
    /// None: an answer is given again.
    pub user_message: Option<Message>,
    pub assistant_message: Message,
    pub record: RunRecord,
    pub idempotency_key: Option<String>,
    pub caller: Caller,
    /// What guardrails made of the context.
    pub held: Held,
    /// Room for the answer in the budgets.
    pub reservation: Reservation,
}

/// Where the beginning is told of, once it is stored or refused.
pub(crate) type Reply = oneshot::Sender<Result<StartedRun, ChatError>>;

impl Engine {
    /// Sets a run going. The reply comes when its beginning is stored.
    pub fn begin(self: &Arc<Self>, beginning: Beginning) -> oneshot::Receiver<Result<StartedRun, ChatError>> {
        let (reply, begun) = oneshot::channel();
        let record = &beginning.record;
        let live = Arc::new(Live::new(record.run.id, record.workspace, self.hub.open(record.hub_id())));
        // Alive before it is stored: the sweeper takes what is ours but not alive for abandoned.
        self.lives.insert(live.clone());
        self.tasks.spawn("chat run", Box::pin(self.clone().work(Box::new(beginning), live, reply)));
        begun
    }

    /// What passes quickly is boxed: thousands of runs wait in `generate`, and their tasks
    /// should be no larger than that.
    async fn work(self: Arc<Self>, mut beginning: Box<Beginning>, live: Arc<Live>, reply: Reply) {
        let record = beginning.record.clone();
        let alive = self.alive(&record);
        let tx = match Box::pin(self.insert(&beginning)).await {
            Ok(tx) => tx,
            Err(error) => {
                drop(alive);
                let _ = reply.send(Err(error));
                return;
            }
        };
        let request = GenerationRequest {
            model: beginning.model.id.clone(),
            system: beginning.held.system.take(),
            messages: std::mem::take(&mut beginning.context.messages),
            parameters: Parameters {
                max_output_tokens: Some(beginning.context.max_output_tokens),
                ..beginning.parameters.clone()
            },
            tools: Vec::new(),
            tuning: Tuning::default(),
        };
        let reservation = std::mem::replace(&mut beginning.reservation, Reservation::none());
        let (model, fold) = (beginning.model.clone(), Fold::new(beginning.assistant_message.parts.clone()));
        let Held { guard, vault, .. } = std::mem::take(&mut beginning.held);
        let generate = self.generate(&record, &live, model, (request, vault), fold);
        let commit = Box::pin(self.commit(tx, *beginning, &live, reply));
        let (generated, ()) = future::join(generate, commit).await;
        Box::pin(self.finish(&record, &live, generated, alive, (reservation, guard))).await;
    }

    /// Everything but the commit.
    async fn insert(&self, beginning: &Beginning) -> Result<Tx, ChatError> {
        let Beginning { user_message, assistant_message, record, files, idempotency_key, .. } = beginning;
        let (scope, user) = (record.scope(), record.user);
        let (question, answer) = (user_message.as_ref().map(row), row(assistant_message));
        let mut writes = vec![store::messages::insert(&scope, user, question.as_ref(), &answer)?];
        for (file, message) in files.iter().zip(user_message.iter().cycle()) {
            writes.push(store::files::attach(&scope, message.id, *file));
        }
        writes.push(store::runs::insert(&scope, record, self.claim(), idempotency_key.as_deref())?);
        writes.push(store::conversations::begin_run(&scope, user, &record.run));
        let mut tx = self.db.begin(scope).await?;
        if tx.execute_batch(writes).await?.last() != Some(&1) {
            return Err(ChatError::NotFound("conversation"));
        }
        if let Some(decisions) = Self::decisions_of(record, beginning.caller) {
            self.guardrails.record(&mut tx, &scope, decisions).await?;
        }
        Ok(tx)
    }

    /// Commits, and tells everybody who must know.
    async fn commit(self: &Arc<Self>, tx: Tx, beginning: Beginning, live: &Live, reply: Reply) {
        if let Err(error) = tx.commit().await {
            live.set_begun(false);
            let _ = reply.send(Err(error.into()));
            return;
        }
        let Beginning { mut conversation, context, user_message, assistant_message, record, model, .. } = beginning;
        let opening = live.encode(|encoder| {
            encoder.opening(&Opening {
                run: &record.run,
                user_message: user_message.as_ref(),
                assistant_message: &assistant_message,
                notice: context.notice,
            });
            encoder.take()
        });
        live.log.append(opening);
        live.set_begun(true);
        conversation.active_message_id = Some(assistant_message.id);
        conversation.active_run_id = Some(record.run.id);
        conversation.model = Some(model.id.clone());
        conversation.updated_at = record.run.started_at;
        if !context.counted.is_empty() {
            let (engine, scope) = (self.clone(), record.scope());
            self.tasks.spawn("chat token counts", async move {
                engine.keep_counts(&scope, &model.id, context.counted).await;
            });
        }
        // Whoever asked may have left; the run goes on.
        let _ = reply.send(Ok(StartedRun { run: record.run.clone(), user_message, assistant_message }));
        self.tell_run_started(&record, &conversation).await;
    }
}

fn row(message: &Message) -> NewMessage<'_> {
    NewMessage {
        id: message.id,
        conversation: message.conversation_id,
        parent: message.parent_id,
        role: message.role,
        parts: &message.parts,
        created_at: message.created_at,
    }
}
