//! The endpoints of federation.

mod accounts;
mod saml;
mod sign_in;
mod sso;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Identity;

/// What strangers can ask for, which makes this process call others: under the limit of logins.
pub(crate) fn limited() -> OpenApiRouter<Arc<Identity>> {
    OpenApiRouter::default()
        .routes(routes!(sign_in::begin))
        .routes(routes!(sign_in::begin_sso))
        .routes(routes!(saml::receive))
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Identity>> {
    OpenApiRouter::default()
        .routes(routes!(sign_in::callback))
        .routes(routes!(accounts::list, accounts::connect))
        .routes(routes!(accounts::disconnect))
        .routes(routes!(sso::get, sso::set, sso::delete))
        .routes(routes!(saml::set))
        .routes(routes!(saml::metadata))
        .routes(routes!(sso::test))
        .routes(routes!(sso::add_domain))
        .routes(routes!(sso::delete_domain))
        .routes(routes!(sso::verify_domain))
}
