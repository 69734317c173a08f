//! The ledger on both engines: through the contract, and through the API.

mod http;
mod record;
mod report;
mod support;
