//! The endpoints of identity.

mod account;
mod avatar;
pub(crate) mod cookie;
mod email;
mod factors;
mod impersonation;
mod keys;
mod me;
mod passkeys;
mod password;
mod platform;
mod proof;
mod reset;
mod second_factor;
mod session;
mod sessions;
mod set_up;
mod sign_up;

use std::sync::Arc;

use axum::{
    extract::{DefaultBodyLimit, FromRequest, Request},
    middleware::from_fn_with_state,
};
use http::{HeaderName, StatusCode, header};
use serde::Serialize;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};
use web::{
    Json, Problem,
    limit::{PerIp, Policy, per_ip},
};

use crate::{Identity, MAX_AVATAR, config::PER_IP_PERIOD};

/// For answers that hold a secret.
pub(crate) const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The answer of what tells nothing about an account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Accepted {
    status: AcceptedStatus,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum AcceptedStatus {
    Accepted,
}

impl Accepted {
    fn answer() -> (StatusCode, Json<Self>) {
        (StatusCode::ACCEPTED, Json(Self { status: AcceptedStatus::Accepted }))
    }
}

/// A JSON body that may be left out, or null.
pub(super) struct Optional<T>(T);

impl<S, T> FromRequest<S> for Optional<T>
where
    S: Send + Sync,
    T: Default,
    Json<Option<T>>: FromRequest<S, Rejection = Problem>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(Self(T::default()));
        }
        let Json(body) = Json::<Option<T>>::from_request(request, state).await?;
        Ok(Self(body.unwrap_or_default()))
    }
}

/// All endpoints of identity, without the `/api/v1` before their paths.
pub fn routes(identity: Arc<Identity>) -> OpenApiRouter {
    let policy = Policy { name: "auth", burst: identity.config.requests_per_ip, period: PER_IP_PERIOD };
    let limit = PerIp { limiter: identity.limiter.clone(), policy };
    let guessable = OpenApiRouter::default()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(session::log_in))
        .routes(routes!(second_factor::finish))
        .routes(routes!(second_factor::with_passkey))
        .routes(routes!(second_factor::ask_passkey))
        .routes(routes!(factors::step_up))
        .routes(routes!(factors::confirm_totp))
        .routes(routes!(password::change))
        .routes(routes!(email::verify))
        .routes(routes!(email::resend))
        .routes(routes!(email::change))
        .routes(routes!(reset::forgot))
        .routes(routes!(reset::reset))
        .routes(routes!(set_up::set_up))
        .merge(crate::federation::limited_routes())
        .layer(from_fn_with_state(limit, per_ip));
    OpenApiRouter::default()
        .merge(guessable)
        // Each page load renews its session, and an office shares an address. A refresh token
        // has 256 random bits: there is nothing to guess, so the general limits do.
        .routes(routes!(session::refresh))
        .routes(routes!(session::log_out))
        .routes(routes!(impersonation::begin, impersonation::end))
        .merge(platform::routes())
        .routes(routes!(sessions::list, sessions::revoke_others))
        .routes(routes!(sessions::revoke))
        .routes(routes!(factors::get))
        .routes(routes!(factors::begin_totp, factors::remove_totp))
        .routes(routes!(factors::renew_recovery_codes))
        .routes(routes!(passkeys::list, passkeys::add))
        .routes(routes!(passkeys::begin))
        .routes(routes!(passkeys::update, passkeys::remove))
        .routes(routes!(me::get, me::update, account::delete))
        .routes(routes!(account::restore))
        .routes(routes!(account::export))
        // One byte more than a picture may have, so that the operation says what is wrong.
        .routes(routes!(avatar::set, avatar::delete).layer(DefaultBodyLimit::max(MAX_AVATAR + 1)))
        .routes(routes!(avatar::get))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::get, keys::update, keys::revoke))
        .routes(routes!(keys::rotate))
        .merge(crate::federation::routes())
        .merge(crate::scim::settings_routes())
        .with_state(identity)
}
