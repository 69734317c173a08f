//! `GET /providers/health`.

use axum::extract::State;
use contracts::tenancy::can;
use kernel::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use web::{Allowed, Json, Problem, ProblemBody};

use crate::{Providers, account::Account};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProvidersHealth {
    data: Vec<ProviderHealth>,
}

/// How a provider has done lately, as this process sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProviderHealth {
    #[schema(example = "openai")]
    provider: String,
    /// For people: the provider's name, or that of the workspace's connection.
    #[schema(example = "OpenAI")]
    name: String,
    /// `closed`: it is called. `open`: it rests after failures. `half_open`: one call finds out
    /// whether it is back.
    #[schema(example = "closed")]
    state: &'static str,
    /// Calls that failed in the last half minute, unless the operator set another time.
    failures: u32,
    /// Calls that were answered in the same time.
    successes: u32,
    /// The code of the last failure.
    #[schema(required, example = "provider_timeout")]
    last_error: Option<&'static str>,
    /// When it is tried again.
    #[schema(required)]
    opens_until: Option<Timestamp>,
    /// Half of the last calls took less time to their first token; null: there were none.
    #[schema(required)]
    latency_ms_p50: Option<u32>,
}

/// Health of the providers
///
/// Those that can be used, with the workspace's own connections first.
#[utoipa::path(
    get, path = "/providers/health", operation_id = "get_provider_health", tag = "Routing",
    security(("bearer" = ["routes.read"])),
    responses(
        (status = 200, description = "How each provider does.", body = ProvidersHealth),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_provider_health(
    State(providers): State<Providers>,
    caller: Allowed<can::ReadRoutes>,
) -> Result<Json<ProvidersHealth>, Problem> {
    let (now, time) = (Instant::now(), providers.inner.env.now());
    let own = providers.view(&caller.scope).await.ok().and_then(|view| view.own);
    let of_workspace = own.iter().flat_map(|own| own.overlay.accounts.iter().map(|(account, _)| account));
    let accounts = of_workspace.chain(providers.inner.registry.accounts()).filter(|account| account.ready());
    let row = |account: &Account| {
        let health = account.breaker.health(now, time);
        ProviderHealth {
            provider: account.provider.id.to_owned(),
            name: account.own.as_ref().map_or_else(|| account.name.clone(), |own| own.name.clone()),
            state: health.state,
            failures: health.failures,
            successes: health.successes,
            last_error: health.last_error,
            opens_until: health.opens_until,
            latency_ms_p50: health.latency_ms_p50,
        }
    };
    Ok(Json(ProvidersHealth { data: accounts.map(|account| row(account)).collect() }))
}
