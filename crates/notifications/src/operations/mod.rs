//! What can be done with letters; one file per verb.

mod deliver;
mod post;
mod preview;
mod sweep;

pub use deliver::Round;
