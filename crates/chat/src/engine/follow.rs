//! A run's stream for one listener, from any position, wherever the run is: from the log of
//! this process, else rebuilt from the journal and the message that another one writes.

use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use events::Log;
use futures_util::{Stream, StreamExt, future, stream};

use super::Engine;
use crate::{
    model::{Message, Part},
    store::{self, runs::RunRecord},
    stream::{Closing, Encoder, Opening, Piece, Position, tail_of_delta},
};

/// How often the journal of a run elsewhere is read.
const POLL: Duration = Duration::from_millis(150);

/// Frames of server-sent events, to the end of the run.
pub type Frames = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

impl Engine {
    /// The events after `after`.
    pub fn follow(self: &Arc<Self>, record: RunRecord, after: Position) -> Frames {
        match self.hub.get(record.hub_id()) {
            Some(log) => follow_log(&log, after),
            None => Box::pin(follow_storage(self.clone(), record, after)),
        }
    }

    /// What a stream of the run opens with.
    async fn opening(&self, record: &RunRecord) -> Result<(Option<Message>, Message), database::Error> {
        let (scope, conversation, run) = (record.scope(), record.admitted(), &record.run);
        let message = |id| store::messages::as_made(&self.db, &scope, conversation, id);
        let user_message = match record.user_message {
            Some(id) => message(id).await?,
            None => None,
        };
        let mut assistant = message(run.message_id).await?.ok_or(database::Error::NotFound)?;
        assistant.parts.retain(|part| matches!(part, Part::Notice(_)));
        assistant.run = Some(record.as_begun());
        Ok((user_message, assistant))
    }
}

fn follow_log(log: &Arc<Log>, after: Position) -> Frames {
    let mut first = true;
    Box::pin(log.listen_after(after.key()).map(move |entry| {
        let cut = if std::mem::take(&mut first) { tail_of_delta(&entry, after) } else { None };
        cut.unwrap_or(entry.frame)
    }))
}

/// A listener of a run that this process has no log of.
struct Tail {
    engine: Arc<Engine>,
    record: RunRecord,
    encoder: Encoder,
    /// The last position shown.
    shown: Position,
    /// The last journal row read.
    seq: i64,
    opened: bool,
    ready: VecDeque<Bytes>,
    done: bool,
}

fn follow_storage(engine: Arc<Engine>, record: RunRecord, after: Position) -> impl Stream<Item = Bytes> + Send {
    let tail = Tail {
        engine,
        record,
        encoder: Encoder::after(after),
        shown: after,
        seq: 0,
        opened: false,
        ready: VecDeque::new(),
        done: false,
    };
    let frames = stream::unfold(tail, |mut tail| async move {
        loop {
            if let Some(frame) = tail.ready.pop_front() {
                return Some((Ok(frame), tail));
            }
            if tail.done {
                return None;
            }
            if let Err(error) = tail.read().await {
                tail.done = true;
                return Some((Err(error), tail));
            }
            if tail.ready.is_empty() && !tail.done {
                tokio::time::sleep(POLL).await;
            }
        }
    });
    // A listener whose stream breaks off comes back to where it was.
    frames
        .inspect(|frame| {
            if let Err(error) = frame {
                tracing::warn!(%error, "a listener is cut off");
            }
        })
        .take_while(|frame| future::ready(frame.is_ok()))
        .filter_map(|frame| future::ready(frame.ok()))
}

impl Tail {
    async fn read(&mut self) -> Result<(), database::Error> {
        let engine = self.engine.clone();
        let scope = self.record.scope();
        // Before the journal: a run that ends in between is seen as ended next time.
        let run = store::runs::find(&engine.db, &scope, self.record.run.id).await?;
        self.record = run.ok_or(database::Error::NotFound)?;
        if self.record.run.status.is_active() {
            if !self.opened {
                self.open().await?;
            }
            for (seq, pieces, _) in store::journal::after(&engine.db, &scope, self.record.run.id, self.seq).await? {
                self.seq = seq;
                for piece in &pieces {
                    self.encoder.piece(piece);
                }
            }
        } else {
            // The whole answer stands in the message now; what was shown is left out.
            self.encoder = Encoder::after(self.shown);
            self.open().await?;
            let parts = store::messages::parts(&engine.db, &scope, self.record.run.id).await?;
            for piece in parts.iter().filter_map(Piece::of_part) {
                self.encoder.piece(&piece);
            }
            self.encoder.closing(&Closing { run: &self.record.run });
            self.done = true;
        }
        for entry in self.encoder.take() {
            self.shown = Position::from_key(entry.key);
            self.ready.push_back(entry.frame);
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<(), database::Error> {
        self.opened = true;
        if self.shown >= Position::OPENED {
            return Ok(());
        }
        let (user_message, assistant_message) = self.engine.opening(&self.record).await?;
        let notice = assistant_message.parts.iter().find_map(|part| match part {
            Part::Notice(notice) => Some(*notice),
            _ => None,
        });
        self.encoder.opening(&Opening {
            run: &self.record.as_begun(),
            user_message: user_message.as_ref(),
            assistant_message: &assistant_message,
            notice,
        });
        Ok(())
    }
}
