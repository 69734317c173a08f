//! A run as a stream of events: AI SDK *UI message stream* version 1
//! (<https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol>), each event with an id to resume from.
//!
//! [`Piece`]s are what a provider said, in storable form. [`Encoder`] turns them into frames
//! and [`Fold`] into the parts of a message; both give the same for the same pieces however
//! they were cut. An event's id is its [`Position`] in the content and not its number, so a
//! stream that is rebuilt from storage continues at the same byte.

mod encoder;
mod event;
mod fold;
mod piece;
mod position;

pub(crate) use encoder::{Closing, Encoder, Opening, tail_of_delta};
pub use event::UiEvent;
pub(crate) use fold::Fold;
pub(crate) use piece::{Piece, push};
pub use position::Position;
