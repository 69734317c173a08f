//! What every HTTP endpoint shares: problem responses, extractors that authorize and
//! validate, rate limits, idempotency, paging, server-sent events, the layers around it all.
//!
//! Invariants: an error leaves as an RFC 9457 problem with a code from [`kernel::Code`];
//! an unknown error leaves as an opaque 500 and is logged once; a handler's argument type
//! *is* its authorization ([`Allowed`]).
//!
//! Deliberately absent: any context's words. Contexts bring their own routes.

pub mod attributes;
mod auth;
mod binary;
mod client;
mod compress;
pub mod cursor;
mod extract;
pub mod idempotency;
pub mod layers;
pub mod limit;
mod problem;
pub mod sse;

pub use auth::{
    Allowed, Auth, Caller, MaybeMember, Member, Person, PlatformAdmin, PlatformRefusals, Recent, is_for_impersonators,
};
pub use binary::Binary;
pub use client::{Client, RequestId};
pub use compress::compress;
pub use cursor::PageQuery;
pub use extract::{Json, Path, Query};
pub use problem::{FieldError, Problem, ProblemBody};

/// Bytes as hexadecimal digits, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string doesn't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
