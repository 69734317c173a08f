//! The words every room of the house shares: ids, time, money, tenancy, error codes.
//!
//! Invariants: nothing here does IO, and nothing here knows a context. Time and randomness
//! come from an [`Env`], so that a test can hold the clock and seed the dice.
//!
//! Deliberately absent: HTTP, SQL, configuration.

pub mod code;
pub mod env;
pub mod id;
pub mod money;
pub mod page;
pub mod task;
pub mod tenant;
pub mod time;

pub use code::Code;
pub use env::{Clock, Env, ManualClock, Rng};
pub use id::{
    ApiKeyId, AuditId, BudgetId, ConnectionId, ConversationId, DecisionId, EventId, FileId, GroupId, Id, IdError,
    IdentityId, InvitationId, JobId, MailId, MessageId, PasskeyId, Prefix, RoleId, RouteId, RunId, SessionId, UsageId,
    UserId, WorkspaceId,
};
pub use money::{NanoUsd, PicoUsd};
pub use page::Page;
pub use task::Tasks;
pub use tenant::TenantScope;
pub use time::Timestamp;
