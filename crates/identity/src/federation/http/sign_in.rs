//! `/auth/federated/{provider}`, `/auth/callback/{provider}`

use std::sync::Arc;

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use garde::Validate;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use web::{Client, Json, Path, Problem, ProblemBody, Query};

use crate::{
    Identity, StartedLogIn,
    federation::{Begin, Begun, Callback, FederationError, Finished},
    http::{NO_STORE, cookie},
};

#[derive(Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FederatedRequest {
    /// Where to go on afterwards: a path of the web app. Anything else is the start page.
    #[garde(length(max = 1024))]
    #[schema(example = "/settings/security")]
    next: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::federation) struct FederatedResponse {
    /// Where to send the browser now.
    #[schema(example = "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=…")]
    authorization_url: String,
}

/// Sign in with another provider
///
/// Begins a sign-in with Google or GitHub: send the browser to `authorization_url`. It comes back to `/auth/callback`,
/// which begins a session and sends it on to `next`. The cookie `parlance_sign_in` binds the sign-in to this browser.
#[utoipa::path(
    post, path = "/auth/federated/{provider}", operation_id = "begin_federated", tag = "Authentication",
    security(()), request_body = FederatedRequest,
    params(("provider" = String, Path, description = "`google`, `github`, or a workspace with a provider of its own.", example = "google")),
    responses(
        (status = 200, description = "Begun.", body = FederatedResponse, headers(("set-cookie" = String, description = "`parlance_sign_in`, HttpOnly, for ten minutes."))),
        (status = 404, description = "This provider is not set up here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "`identity_provider_failed`: the provider can't be reached.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin(
    State(identity): State<Arc<Identity>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    Json(body): Json<FederatedRequest>,
) -> Result<impl IntoResponse, Problem> {
    let begin = Begin { provider, next: body.next, link: None, browser: cookie::read_sign_in(&headers) };
    let begun = identity.begin_federated(begin).await?;
    Ok(sent(&identity, begun))
}

/// The address to send the browser to, and the cookie that it comes back with.
pub(super) fn sent(identity: &Identity, begun: Begun) -> impl IntoResponse + use<> {
    let cookie = AppendHeaders([identity.sign_in_cookie(&begun.browser)]);
    (NO_STORE, cookie, Json(FederatedResponse { authorization_url: begun.authorization_url }))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SsoRequest {
    /// Its domain says whose provider is asked.
    #[garde(custom(|email: &str, (): &()| crate::email::check(email).map_err(garde::Error::new)))]
    #[schema(format = "email", max_length = 254, example = "ann@example.com")]
    email: String,
    /// Where to go on afterwards: a path of the web app. Anything else is the start page.
    #[garde(length(max = 1024))]
    #[schema(example = "/settings/security")]
    next: Option<String>,
}

/// Sign in with single sign-on
///
/// Finds the identity provider of the workspace that speaks for the address's domain, and goes on as
/// `/auth/federated/{provider}` does. Says nothing of whether the address has an account.
#[utoipa::path(
    post, path = "/auth/sso", operation_id = "begin_sso", tag = "Authentication",
    security(()), request_body = SsoRequest,
    responses(
        (status = 200, description = "Begun.", body = FederatedResponse, headers(("set-cookie" = String, description = "`parlance_sign_in`, HttpOnly, for ten minutes."))),
        (status = 404, description = "No workspace speaks for this domain.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "`identity_provider_failed`: the provider can't be reached.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin_sso(
    State(identity): State<Arc<Identity>>,
    headers: HeaderMap,
    Json(body): Json<SsoRequest>,
) -> Result<impl IntoResponse, Problem> {
    let provider = identity.sso_of_address(&body.email).await?;
    let begin = Begin { provider, next: body.next, link: None, browser: cookie::read_sign_in(&headers) };
    let begun = identity.begin_federated(begin).await?;
    Ok(sent(&identity, begun))
}

/// What a provider adds to the address. What else it adds is its own business.
#[derive(Debug, Default, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CallbackQuery {
    /// Good once, for the tokens.
    #[garde(length(max = 4096))]
    code: Option<String>,
    /// What the sign-in was begun with.
    #[garde(length(max = 256))]
    state: Option<String>,
    /// The issuer (RFC 9207).
    #[garde(length(max = 1024))]
    iss: Option<String>,
    /// Why there is no code.
    #[garde(length(max = 256))]
    error: Option<String>,
}

/// Come back from another provider
///
/// Where providers send browsers to. It begins a session, or links the identity to the account that asked for it, and
/// sends the browser on. What goes wrong is explained on the page `/sign-in-problem`.
#[utoipa::path(
    get, path = "/auth/callback/{provider}", operation_id = "finish_federated", tag = "Authentication",
    security(()),
    params(("provider" = String, Path, description = "`google` or `github`.", example = "google"), CallbackQuery),
    responses(
        (status = 303, description = "On to the page that was asked for, or to one that says what went wrong.", headers(("set-cookie" = String, description = "`parlance_refresh`, HttpOnly."))),
        (status = 400, description = "The address can't be read.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn callback(
    State(identity): State<Arc<Identity>>,
    client: Client,
    Path(provider): Path<String>,
    Query(query): Query<CallbackQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let callback = Callback {
        provider: provider.clone(),
        code: query.code,
        state: query.state,
        iss: query.iss,
        error: query.error,
        browser: cookie::read_sign_in(&headers),
        client,
        device: cookie::read_device(&headers),
    };
    match identity.finish_federated(callback).await {
        Ok(Finished::SignedIn { signed_in, next }) => {
            let device = AppendHeaders(identity.set_device_cookie(signed_in.device.as_ref()));
            Ok((identity.set_cookie(&signed_in), device, onward(&next)).into_response())
        }
        Ok(Finished::SecondFactor { started, next }) => {
            let device = AppendHeaders(identity.set_device_cookie(started.device.as_ref()));
            Ok((device, onward(&second_step(&started, &next))).into_response())
        }
        Ok(Finished::Linked { next }) => Ok(onward(&next).into_response()),
        Err(FederationError::Refused { refusal, why }) => {
            tracing::warn!(
                provider,
                refusal = refusal.as_str(),
                why,
                "a sign-in with an identity provider was refused"
            );
            Ok(onward(&problem_page(refusal.as_str(), &provider)).into_response())
        }
        Err(FederationError::NoProvider) => Ok(onward(&problem_page("off", &provider)).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// The page that says what went wrong.
pub(super) fn problem_page(why: &str, provider: &str) -> String {
    // Only a name that could be a provider's goes into the address.
    let name: String = provider.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
    format!("/sign-in-problem?why={why}&provider={name}")
}

/// The page that asks for a second factor. What it needs stands after the `#`, which browsers send to nobody.
fn second_step(started: &StartedLogIn, next: &str) -> String {
    let methods: Vec<String> = started
        .needed
        .methods
        .iter()
        .filter_map(|method| serde_json::to_value(method).ok()?.as_str().map(str::to_owned))
        .collect();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("challenge", &started.needed.challenge)
        .append_pair("methods", &methods.join(","))
        .append_pair("next", next)
        .finish();
    format!("/second-step#{query}")
}

/// To a path of ours. The code in this request's address goes no further.
pub(super) fn onward(path: &str) -> impl IntoResponse + use<> {
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers)
}
