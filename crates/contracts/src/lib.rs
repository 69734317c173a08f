//! What contexts may know of each other: one file per context, with the trait that others
//! call and the types that cross the border.
//!
//! Invariants: no HTTP and no SQL here. A context depends on this crate and never on
//! another context; `app` wires implementations to traits. A trait method that must share
//! the caller's transaction takes a `&mut Tx`; such a method is always served in-process.

pub mod archive;
pub mod audit;
pub mod directory;
pub mod guardrails;
pub mod identity;
pub mod mail;
pub mod metering;
pub mod personal;
pub mod plans;
pub mod providers;
pub mod rights;
pub mod tenancy;

pub use archive::WorkspaceData;
pub use audit::Audit;
pub use directory::Directory;
pub use guardrails::Guardrails;
pub use identity::{ApiKeys, Identity};
pub use mail::Mailer;
pub use metering::Metering;
pub use personal::PersonalData;
pub use plans::Plans;
pub use providers::{Providers, Routing};
pub use tenancy::{Groups, Tenancy};
