//! Closed loops of chat runs: so many streams at once, each begun when the one before it
//! has ended.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use hyper::Method;
use kernel::Tasks;
use serde_json::json;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    account::{Account, text},
    client::{Connection, Events},
    mock::Script,
    stats::{Sample, Samples},
};

/// Runs in one conversation before the next is begun.
const TURNS: usize = 4;
/// What comes before is not counted.
const WARM_UP: Duration = Duration::from_secs(2);

/// Who is asked.
#[derive(Clone)]
pub enum Target {
    /// The mock itself, as a baseline.
    Direct(SocketAddr),
    Server {
        address: SocketAddr,
        accounts: Arc<[Account]>,
    },
}

/// What a load was like.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub added: Samples,
    pub back: Samples,
    /// Streams that ended within the time that counts.
    pub finished: usize,
    /// All streams that got their first token, the warm-up's too.
    pub begun: usize,
    pub failed: usize,
    /// What the first failed one said.
    pub failure: Option<String>,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "a rate to read")]
        let finished = self.finished as f64;
        finished / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

/// Keeps `streams` streams going for `time`, their beginnings spread over the length of one.
pub async fn run(
    tasks: &Tasks,
    target: &Target,
    streams: usize,
    script: Script,
    time: Duration,
) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let (counts_from, ends) = (start + WARM_UP, start + WARM_UP + time);
    let length = script.delay * script.chunks;
    let mut workers = JoinSet::new();
    for number in 0..streams {
        let offset = length * u32::try_from(number)? / u32::try_from(streams)?;
        let (tasks, target) = (tasks.clone(), target.clone());
        workers.spawn(async move {
            tokio::time::sleep(offset).await;
            let mut outcome = Outcome::default();
            let mut talker = Talker::new(tasks, target, number);
            while Instant::now() < ends {
                let counts = Instant::now() >= counts_from;
                match talker.talk(script).await {
                    Ok(sample) => {
                        outcome.begun += 1;
                        if counts {
                            outcome.added.push(sample.added);
                            outcome.back.push(sample.back);
                            outcome.finished += usize::from(Instant::now() < ends);
                        }
                    }
                    Err(error) => {
                        outcome.failed += 1;
                        outcome.failure.get_or_insert(format!("{error:#}"));
                        // A server that refuses at once must not be hammered.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
            outcome
        });
    }
    let mut all = Outcome { elapsed: time, ..Outcome::default() };
    while let Some(outcome) = workers.join_next().await {
        let outcome = outcome?;
        all.added.extend(outcome.added);
        all.back.extend(outcome.back);
        all.finished += outcome.finished;
        all.begun += outcome.begun;
        all.failed += outcome.failed;
        all.failure = all.failure.or(outcome.failure);
    }
    Ok(all)
}

/// One who has one stream at a time.
pub struct Talker {
    tasks: Tasks,
    target: Target,
    number: usize,
    connection: Option<Connection>,
    /// The conversation, and how many turns it has had.
    conversation: Option<(String, usize)>,
}

impl Talker {
    pub fn new(tasks: Tasks, target: Target, number: usize) -> Self {
        Self { tasks, target, number, connection: None, conversation: None }
    }

    /// One run, from the question to the end of the answer.
    async fn talk(&mut self, script: Script) -> anyhow::Result<Sample> {
        let (sample, events) = self.ask(script).await?;
        events.finish().await?;
        Ok(sample)
    }

    /// One run up to its first token; the rest is the caller's to read.
    pub async fn ask(&mut self, script: Script) -> anyhow::Result<(Sample, Events)> {
        let asked = self.try_ask(script).await;
        if asked.is_err() {
            self.connection = None;
            self.conversation = None;
        }
        asked
    }

    async fn try_ask(&mut self, script: Script) -> anyhow::Result<(Sample, Events)> {
        let mut connection = match (self.connection.take(), &self.target) {
            (Some(connection), _) => connection,
            (None, Target::Direct(address) | Target::Server { address, .. }) => {
                Connection::open(&self.tasks, *address).await?
            }
        };
        let begun = match &self.target {
            Target::Direct(_) => {
                let request = json!({"model": "mock", "stream": true, "stream_options": {"include_usage": true},
                    "messages": [{"role": "user", "content": script.to_string()}]});
                connection.stream("/v1/chat/completions", None, &request).await?
            }
            Target::Server { accounts, .. } => {
                let account = accounts.get(self.number % accounts.len().max(1)).context("no account")?;
                let (conversation, turns) = match self.conversation.take() {
                    Some(conversation) if conversation.1 < TURNS => conversation,
                    _ => {
                        let body = json!({"model": account.model});
                        let path = "/api/v1/conversations";
                        let answer = connection.ask(Method::POST, path, Some(&account.token), Some(&body)).await?;
                        (text(&answer, "id")?, 0)
                    }
                };
                let path = format!("/api/v1/conversations/{conversation}/runs");
                self.conversation = Some((conversation, turns + 1));
                let body = json!({"message": {"text": script.to_string()}});
                connection.stream(&path, Some(&account.token), &body).await?
            }
        };
        self.connection = Some(connection);
        Ok(begun)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::mock;

    #[tokio::test]
    async fn a_load_on_the_mock_alone_succeeds() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::Direct(listener.local_addr().unwrap());
        let script = Script { chunks: 3, delay: Duration::from_millis(1), size: 8, hold: Duration::ZERO };
        let tasks = Tasks::new();
        let outcome = tokio::select! {
            served = mock::accept(&listener, script) => panic!("{served:?}"),
            outcome = run(&tasks, &target, 4, script, Duration::from_millis(200)) => outcome.unwrap(),
        };
        assert_eq!((outcome.failed, outcome.failure), (0, None));
        assert!(outcome.finished > 4, "each of them had more than one turn");
        assert!(outcome.begun > outcome.added.len(), "the warm-up does not count");
        assert_eq!(outcome.added.len(), outcome.back.len());
    }
}
