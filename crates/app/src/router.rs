//! Every route of the process, behind the layers that all of them share.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use database::Db;
use kernel::Code;
use notifications::Preview;
use serde::Serialize;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    Json, Problem,
    idempotency::{self, Idempotency},
    layers,
    limit::{self, PerIp, Policy},
};

use crate::{Config, Platform, assets, config::SignUp, health, openapi, telemetry};

/// JSON bodies; an upload's route sets its own.
const BODY_LIMIT: usize = 2 * 1024 * 1024;
const MINUTE: Duration = Duration::from_secs(60);

/// The API's routes and the document that describes them.
fn api(platform: &Platform, config: &Config) -> (Router, Document) {
    let v1 = OpenApiRouter::new()
        .merge(identity::routes(platform.identity.clone()))
        .merge(tenancy::routes(platform.tenancy.clone(), platform.identity.clone()))
        .merge(providers::routes(platform.providers.clone()))
        .merge(chat::routes(platform.chat.clone()))
        .merge(metering::routes(platform.metering.clone(), platform.identity.clone()))
        .merge(guardrails::routes(
            platform.guardrails.clone(),
            platform.identity.clone(),
            Arc::new(platform.providers.clone()),
        ))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(get_instance))
                .layer(Extension(Instance::of(config, platform.identity.has_passkeys()))),
        );
    OpenApiRouter::with_openapi(openapi::base()).nest("/api/v1", v1).split_for_parts()
}

/// What the official SDKs call: no idempotency keys, which they do not send, and no compressed
/// answers, which would hold streams up.
fn compatible(platform: &Platform) -> (Router, Document) {
    let v1 = gateway::routes(platform.gateway.clone());
    OpenApiRouter::with_openapi(openapi::base()).nest("/v1", v1).split_for_parts()
}

/// What directories call: a token of its own, errors of its own, and no idempotency keys.
fn provisioning(platform: &Platform) -> (Router, Document) {
    let v2 = identity::scim::routes(platform.identity.clone());
    OpenApiRouter::with_openapi(openapi::base()).nest(identity::scim::BASE, v2).split_for_parts()
}

/// The OpenAPI document of this version.
pub fn document(platform: &Platform, config: &Config) -> Document {
    let mut document = api(platform, config).1;
    document.merge(compatible(platform).1);
    document.merge(provisioning(platform).1);
    openapi::name_permissions(&mut document);
    document
}

/// All that the process serves.
pub fn router(platform: &Platform, config: &Config) -> anyhow::Result<Router> {
    let (api, _) = api(platform, config);
    let (compatible, _) = compatible(platform);
    let document: Arc<str> = document(platform, config).to_json()?.into();
    let per_ip = PerIp {
        limiter: platform.limiter.clone(),
        policy: Policy { name: "ip", burst: config.limits.requests_per_ip, period: MINUTE },
    };
    let auth = web::Auth {
        identity: platform.identity.clone(),
        keys: platform.identity.clone(),
        tenancy: platform.tenancy.clone(),
        limiter: platform.limiter.clone(),
        user_policy: Policy { name: "user", burst: config.limits.requests_per_user, period: MINUTE },
    };
    let api = api
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(
            Idempotency::new(platform.db.clone(), platform.env.clone()).except(&[
                "/api/v1/auth/",
                "/api/v1/keys",
                "/api/v1/invitations",
                "/api/v1/sso/scim",
                "/api/v1/audit/stream",
                "/api/v1/platform/audit/stream",
            ]),
            idempotency::middleware,
        ))
        .layer(Extension(auth.clone()))
        .layer(middleware::from_fn_with_state(per_ip.clone(), limit::per_ip))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(web::compress));
    let compatible = compatible
        .route("/v1", axum::routing::any(nothing_here))
        .route("/v1/{*rest}", axum::routing::any(nothing_here))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state((auth, per_ip.clone(), platform.db.clone()), around_compatible));
    let provisioning = provisioning(platform)
        .0
        .layer(middleware::from_fn_with_state(per_ip, limit::per_ip))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    let document = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], document.to_string()) });
    let router = Router::new()
        .merge(api)
        .merge(compatible)
        .merge(provisioning)
        .route("/api/openapi.json", document)
        .route("/api/docs", get(|| async { Redirect::permanent("/api/docs/") }))
        .nest("/api/docs/", assets::reference())
        .route("/admin", get(|| async { Redirect::permanent("/admin/") }))
        .nest("/admin/", assets::admin())
        .nest("/setup", assets::setup())
        .route("/api/{*rest}", axum::routing::any(nothing_here))
        .merge(notifications::routes(platform.notifications.clone()))
        .merge(health::routes(platform.clone(), telemetry::metrics()?, config.server.metrics_token.clone()))
        .merge(assets::app());
    Ok(layers::wrap(
        router,
        layers::Settings {
            env: platform.env.clone(),
            trusted_proxies: config.server.trusted_proxies,
            https: config.is_https(),
        },
    ))
}

/// All that is around the compatible APIs, in one layer: each costs every call the copying of
/// all that is within.
async fn around_compatible(
    State((auth, per_ip, db)): State<(web::Auth, PerIp, Db)>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(auth);
    gateway::reshape(request, |request| {
        // Key, routes and budgets are as they stood when the call came in, at least; asking once is enough.
        db.as_of_now(async { limit::limited(&per_ip, request, |request| next.run(request)).await.into_response() })
    })
    .await
}

async fn nothing_here(method: Method) -> impl IntoResponse {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    Problem::new(Code::NotFound).detail("There is no such address in the API. See /api/docs.").into_response()
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed)
}

/// What anyone may know of this installation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct Instance {
    #[schema(example = "Parlance")]
    name: &'static str,
    version: &'static str,
    /// `open`; `invited`: with an invitation into a workspace; or `closed`: accounts are made by the operator.
    #[schema(example = "open")]
    sign_up: &'static str,
    /// Whether an account opens only once its address was proved.
    requires_verified_email: bool,
    /// What people can sign in with besides a password.
    #[schema(example = json!(["google", "github"]))]
    identity_providers: Vec<&'static str>,
    /// Whether passkeys work at this installation's address.
    passkeys: bool,
    /// Where letters go: `smtp`; `preview`: nowhere, but they can be seen under `/dev/mail`; `none`: nowhere.
    #[schema(example = "smtp")]
    mail: &'static str,
    /// Whether the demo provider answers here.
    demo: bool,
    #[schema(example = json!(["en", "vi"]))]
    locales: [&'static str; 2],
}

impl Instance {
    fn of(config: &Config, passkeys: bool) -> Self {
        let can_look = config.letters().is_ok_and(|letters| letters.preview != Preview::Off);
        Self {
            name: "Parlance",
            version: env!("CARGO_PKG_VERSION"),
            sign_up: match config.auth.sign_up {
                SignUp::Open => "open",
                SignUp::Invited => "invited",
                SignUp::Closed => "closed",
            },
            requires_verified_email: config.requires_verified_email(),
            identity_providers: [("google", config.auth.google.is_some()), ("github", config.auth.github.is_some())]
                .into_iter()
                .filter_map(|(name, is_set)| is_set.then_some(name))
                .collect(),
            passkeys,
            mail: if config.mail.url.is_some() {
                "smtp"
            } else if can_look {
                "preview"
            } else {
                "none"
            },
            demo: config.providers.demo.enabled,
            locales: ["en", "vi"],
        }
    }
}

/// This installation
///
/// Needs no token.
#[utoipa::path(
    get,
    path = "/instance",
    operation_id = "get_instance",
    tag = "Instance",
    responses((status = 200, description = "What anyone may know", body = Instance))
)]
async fn get_instance(Extension(instance): Extension<Instance>) -> Json<Instance> {
    Json(instance)
}
