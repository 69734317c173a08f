//! The tables `routes` and `provider_connections`.

pub(crate) mod connections;
pub(crate) mod routes;
