//! The tables of metering: the ledger, what budgets count, and what the cache saves.

pub(crate) mod accounts;
pub(crate) mod archive;
pub(crate) mod budgets;
pub(crate) mod ledger;
pub(crate) mod postgres;
pub(crate) mod quotas;
pub(crate) mod savings;
