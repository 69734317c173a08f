//! What happened, told to whoever must know: the outbox for other systems, the hub for the
//! listeners of a run, realtime for a person's open tabs.
//!
//! Invariants: an outbox row commits together with the change it tells of ([`outbox`]); a
//! run's listeners all read the one log and nobody copies it ([`hub`]); a listener that does
//! not keep up costs bounded memory and is told so ([`realtime`]).
//!
//! Deliberately absent: what the events mean. Contexts bring payloads and frames. Hub and
//! realtime live in this process: a run's log can be rebuilt from storage anywhere, and a tab
//! hears of the work of the node that it is connected to.

pub mod hub;
pub mod outbox;
pub mod realtime;
mod store;

pub use hub::{Entry, Hub, Log};
pub use outbox::Outbox;
pub use realtime::Realtime;
