//! The endpoints of identity.

mod avatar;
mod cookie;
mod me;
mod password;
mod session;
mod sessions;
mod sign_up;

use std::sync::Arc;

use axum::{extract::DefaultBodyLimit, middleware::from_fn_with_state};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};
use web::limit::{PerIp, Policy, per_ip};

use crate::{Identity, MAX_AVATAR, config::PER_IP_PERIOD};

/// All endpoints of identity, without the `/api/v1` before their paths.
pub fn routes(identity: Arc<Identity>) -> OpenApiRouter {
    let policy = Policy { name: "auth", burst: identity.config.requests_per_ip, period: PER_IP_PERIOD };
    let limit = PerIp { limiter: identity.limiter.clone(), policy };
    let guessable = OpenApiRouter::default()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(session::log_in))
        .routes(routes!(password::change))
        .layer(from_fn_with_state(limit, per_ip));
    OpenApiRouter::default()
        .merge(guessable)
        // Each page load renews its session, and an office shares an address. A refresh token
        // has 256 random bits: there is nothing to guess, so the general limits do.
        .routes(routes!(session::refresh))
        .routes(routes!(session::log_out))
        .routes(routes!(sessions::list, sessions::revoke_others))
        .routes(routes!(sessions::revoke))
        .routes(routes!(me::get, me::update))
        // One byte more than a picture may have, so that the operation says what is wrong.
        .routes(routes!(avatar::set, avatar::delete).layer(DefaultBodyLimit::max(MAX_AVATAR + 1)))
        .routes(routes!(avatar::get))
        .with_state(identity)
}
