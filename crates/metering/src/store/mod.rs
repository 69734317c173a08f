//! The tables of metering: the ledger, and what budgets count.

pub(crate) mod accounts;
pub(crate) mod budgets;
pub(crate) mod ledger;
pub(crate) mod postgres;
pub(crate) mod quotas;
