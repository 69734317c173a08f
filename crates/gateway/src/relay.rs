//! A stream on its way from a provider to a client.
//!
//! Invariants: usage is settled before the last event goes out; a client that leaves changes
//! nothing about that, as the work then goes on in a task of its own; a failure ends the
//! stream with an error event, and what was used until then is settled; every stream ends.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use contracts::providers::{Chunk, FinishReason, GenerationStream, Model, NativeStream, ProviderError};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderValue, header};
use kernel::{NanoUsd, Tasks};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    cache::{Place, Recording},
    collect,
    front::{Encoder, Front},
    outlive::Outliving,
    refusal::{Reason, Refusal},
    tab::Tab,
    tokens,
};

/// Events that may wait for a slow client.
const WAITING: usize = 32;
/// How often a silent stream says that it is alive.
const QUIET: Duration = Duration::from_secs(15);

/// The way to the client, as long as it is there.
pub(crate) struct Outlet {
    sender: mpsc::Sender<Bytes>,
    shutdown: CancellationToken,
    /// Whether a client that leaves ends the call.
    abort: bool,
    /// What goes out, if it is to be kept.
    recording: Option<Recording>,
}

impl Outlet {
    /// Part of the answer.
    async fn send(&mut self, bytes: Bytes) {
        if let Some(recording) = &mut self.recording {
            recording.push(&bytes);
        }
        self.say(bytes).await;
    }

    /// The last part of an answer that came whole.
    async fn finish(mut self, bytes: Bytes, model: &Model, cost: NanoUsd) {
        if let Some(mut recording) = self.recording.take() {
            recording.push(&bytes);
            recording.keep(model, cost).await;
        }
        self.say(bytes).await;
    }

    /// Something beside the answer.
    async fn say(&self, bytes: Bytes) {
        // One that left misses it.
        if !bytes.is_empty() {
            let _ = self.sender.send(bytes).await;
        }
    }

    /// When it is time to read no further: the client has left, and the call is to end with
    /// it or the process does.
    async fn stop(&self) {
        self.sender.closed().await;
        if !self.abort {
            self.shutdown.cancelled().await;
        }
    }
}

enum Next<T> {
    Item(Result<T, ProviderError>),
    Ended,
    Quiet,
    Stop,
}

async fn next<T>(
    upstream: &mut (impl Stream<Item = Result<T, ProviderError>> + Unpin + Send),
    outlet: &Outlet,
) -> Next<T> {
    tokio::select! {
        biased;
        item = tokio::time::timeout(QUIET, upstream.next()) => match item {
            Ok(Some(item)) => Next::Item(item),
            Ok(None) => Next::Ended,
            Err(_) => Next::Quiet,
        },
        () = outlet.stop() => Next::Stop,
    }
}

/// Begins a streamed answer; `work` writes it.
pub(crate) fn respond<W, F>(tasks: &Tasks, abort: bool, place: Option<Place>, work: W) -> Response
where
    W: FnOnce(Outlet) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, events) = mpsc::channel(WAITING);
    let work = work(Outlet { sender, shutdown: tasks.shutdown(), abort, recording: place.map(Place::record) });
    let relay = Relay { events, work: Outliving::new(tasks.clone(), "gateway: stream", work) };
    let mut response = Body::from_stream(relay).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The body: whoever reads it does the work.
struct Relay {
    events: mpsc::Receiver<Bytes>,
    work: Outliving<()>,
}

impl Stream for Relay {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.work.is_done() {
            // Its end shows in the events.
            let _ = Pin::new(&mut self.work).poll(context);
        }
        let Poll::Ready(first) = self.events.poll_recv(context) else { return Poll::Pending };
        let Some(first) = first else { return Poll::Ready(None) };
        let Ok(second) = self.events.try_recv() else { return Poll::Ready(Some(Ok(first))) };
        // What came together goes out together: one write instead of many.
        let mut joined = BytesMut::with_capacity((first.len() + second.len()) * 2);
        joined.extend_from_slice(&first);
        joined.extend_from_slice(&second);
        while let Ok(more) = self.events.try_recv() {
            joined.extend_from_slice(&more);
        }
        Poll::Ready(Some(Ok(joined.freeze())))
    }
}

/// Passes a provider's own events on.
pub(crate) async fn native<F: Front>(mut upstream: NativeStream, mut tab: Tab, request_id: String, mut outlet: Outlet) {
    let last = loop {
        match next(&mut upstream, &outlet).await {
            Next::Item(Ok(event)) => {
                tab.usage = event.usage.or(tab.usage);
                if F::is_last(&event.bytes) {
                    break Ok(if event.only_usage { Bytes::from_static(F::last()) } else { event.bytes });
                }
                if event.only_usage {
                    continue;
                }
                tab.begun();
                tab.output_bytes += tokens::text_bytes(&event.bytes, F::TEXTS);
                outlet.send(event.bytes).await;
            }
            Next::Item(Err(error)) => break Err(Refusal::from(error)),
            Next::Ended => break Ok(Bytes::from_static(F::last())),
            Next::Quiet => outlet.say(Bytes::from_static(F::ping())).await,
            Next::Stop => break Err(gone()),
        }
    };
    // From here on the provider has nothing more to say.
    drop(upstream);
    let (whole, model) = (last.is_ok(), tab.model.clone());
    match (last, tab.settle(whole).await) {
        (Ok(last), Ok(settled)) => outlet.finish(last, &model, settled.cost).await,
        (Err(refusal), _) | (Ok(_), Err(refusal)) => outlet.say(F::failed(&refusal, &request_id).into()).await,
    }
}

/// Writes an answer of ours in the front's events.
pub(crate) async fn translated<F: Front>(
    mut upstream: GenerationStream,
    mut encoder: F::Encoder,
    mut tab: Tab,
    mut outlet: Outlet,
) {
    let mut out = Vec::with_capacity(1024);
    encoder.begin(&mut out);
    let ending = loop {
        match next(&mut upstream, &outlet).await {
            Next::Item(Ok(Chunk::Usage(usage))) => tab.usage = Some(usage),
            Next::Item(Ok(Chunk::Finish(FinishReason::Error))) => {
                break Err(Refusal::new(Reason::Failed, "The provider failed in the middle of its answer."));
            }
            Next::Item(Ok(Chunk::Finish(reason))) => break Ok(reason),
            Next::Item(Ok(chunk)) => {
                tab.begun();
                tab.output_bytes += collect::bytes(&chunk);
                encoder.chunk(chunk, &mut out);
                if !out.is_empty() {
                    outlet.send(std::mem::replace(&mut out, Vec::with_capacity(512)).into()).await;
                }
            }
            Next::Item(Err(error)) => break Err(Refusal::from(error)),
            Next::Ended => break Err(Refusal::new(Reason::Failed, "The provider's answer broke off.")),
            Next::Quiet => {
                if !out.is_empty() {
                    outlet.send(std::mem::take(&mut out).into()).await;
                }
                outlet.say(Bytes::from_static(F::ping())).await;
            }
            Next::Stop => break Err(gone()),
        }
    };
    drop(upstream);
    let model = tab.model.clone();
    match (&ending, tab.settle(ending.is_ok()).await) {
        (Ok(reason), Ok(settled)) => {
            encoder.finish(*reason, &settled.tokens, &mut out);
            outlet.finish(out.into(), &model, settled.cost).await;
        }
        (Err(refusal), _) => {
            encoder.fail(refusal, &mut out);
            outlet.say(out.into()).await;
        }
        (Ok(_), Err(refusal)) => {
            encoder.fail(&refusal, &mut out);
            outlet.say(out.into()).await;
        }
    }
}

fn gone() -> Refusal {
    Refusal::new(Reason::Unavailable, "The call was ended before the answer was whole.")
}
