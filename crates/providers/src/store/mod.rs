//! The tables `routes` and `provider_connections`.

pub(crate) mod archive;
pub(crate) mod connections;
pub(crate) mod routes;
