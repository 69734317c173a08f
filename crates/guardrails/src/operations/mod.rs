//! What the context does: hold calls, keep what was decided, set policies.

mod archive;
mod decide;
mod hold;
mod policies;
mod trial;

pub use decide::KEPT;
pub use policies::Subject;
pub use trial::Trial;
