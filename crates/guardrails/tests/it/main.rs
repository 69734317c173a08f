//! The context on both databases.

mod policies;
