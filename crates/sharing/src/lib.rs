//! Sharing: who else may see or edit something that is one person's. One mechanism for whatever can be
//! shared; a kind of resource is a line in [`Resource`] and a trigger that takes its shares along.
//!
//! A [`share`](Share) gives a member, a group or the whole workspace [`Access`] to one [`Resource`]. What is
//! shared with nobody is private: there is no row, and nothing is seen. Whose a resource is, and what its
//! owner alone may do, is its context's to say; so is which operation needs which access.
//!
//! Contexts ask in two ways: [`access_of`] for one resource, and the relation `access_by_share` in their own
//! queries, where a list of what is shared with somebody is one statement.
//!
//! Invariants:
//! - A share never leaves its workspace: keys of the database tie it to a membership or a group of it, and on
//!   PostgreSQL its policies stand below the relation too.
//! - Who leaves the workspace or a group has lost at once what that gave them; a resource that is deleted
//!   takes its shares along. The database sees to both, so no caller can forget it.
//! - Of several ways to a resource the greatest holds; no share takes anything away.
//! - The whole workspace is everybody in it but guests: they are shared with by name or by group.
//!
//! Deliberately absent: links for whoever has them, and shares that end by themselves.

mod model;
mod personal;
mod store;

pub use model::{Access, MOST, Resource, Share, ShareError, Subject};
pub use personal::Shares;
pub use store::{access_of, audience, list, remove, set};
