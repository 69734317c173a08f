//! `/keys`

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::IntoResponse};
use contracts::{identity::KeyScope, tenancy::can};
use garde::Validate;
use http::StatusCode;
use ipnet::IpNet;
use kernel::{ApiKeyId, Page, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, de};
use web::{Allowed, Json, PageQuery, Path, Problem, ProblemBody, Query, Recent};

use crate::{ApiKeyInfo, Identity, KeyActor, KeyChanges, NewApiKey, name};

/// Models or networks that one key may name.
const MAX_LIST: usize = 100;
const MAX_MODEL: usize = 200;
/// The longest that an old secret goes on after a rotation: a day.
const MAX_GRACE: u32 = 86_400;

/// A network in CIDR notation, or a single address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network(IpNet);

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
        parsed.map(|net| Self(net.trunc())).map_err(|_| {
            de::Error::custom("must be an address or a network such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32")
        })
    }
}

/// Tells null, which takes a limit away, from an absent field, which leaves it.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateKeyRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Nightly reports")]
    name: String,
    /// What the key opens; `inference` alone unless told.
    #[garde(inner(custom(|scopes: &[KeyScope], (): &()| check_scopes(scopes))))]
    #[schema(min_items = 1, example = json!(["inference"]))]
    scopes: Option<Vec<KeyScope>>,
    /// Ids of models and names of routes that it may ask for; absent or null: all.
    #[garde(inner(custom(|models: &[String], (): &()| check_models(models))))]
    #[schema(min_items = 1, max_items = 100, example = json!(["openai/gpt-5.2", "fast"]))]
    models: Option<Vec<String>>,
    /// Absent or null: as many as its owner.
    #[garde(inner(range(min = 1, max = 1_000_000)))]
    #[schema(minimum = 1, maximum = 1_000_000, example = 60)]
    requests_per_minute: Option<u32>,
    /// Absent or null: no limit.
    #[garde(inner(range(min = 1, max = 1_000_000_000)))]
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 100_000)]
    tokens_per_minute: Option<u32>,
    /// Addresses and networks that it may be used from; absent or null: everywhere.
    #[garde(inner(custom(|networks: &[Network], (): &()| check_networks(networks))))]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 100, example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<Network>>,
    /// Absent or null: never.
    #[garde(skip)]
    expires_at: Option<Timestamp>,
}

/// Fields that are left out stay as they are; null takes a limit away.
#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
pub(super) struct UpdateKeyRequest {
    #[garde(inner(custom(|name: &str, (): &()| check_name(name))))]
    #[schema(min_length = 1, max_length = 80, example = "Nightly reports")]
    name: Option<String>,
    #[garde(inner(custom(|scopes: &[KeyScope], (): &()| check_scopes(scopes))))]
    #[schema(min_items = 1)]
    scopes: Option<Vec<KeyScope>>,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(custom(|models: &[String], (): &()| check_models(models)))))]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 100)]
    models: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(range(min = 1, max = 1_000_000))))]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    requests_per_minute: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(range(min = 1, max = 1_000_000_000))))]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000_000)]
    tokens_per_minute: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(custom(|networks: &[Network], (): &()| check_networks(networks)))))]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 100)]
    allowed_ips: Option<Option<Vec<Network>>>,
    #[serde(default, deserialize_with = "present")]
    #[garde(skip)]
    #[schema(value_type = Option<Timestamp>)]
    expires_at: Option<Option<Timestamp>>,
}

#[derive(Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotateKeyRequest {
    /// Seconds that the old secret goes on, for programs to be changed over; 0 unless told.
    #[garde(range(max = MAX_GRACE))]
    #[serde(default)]
    #[schema(maximum = 86_400, example = 3600)]
    grace_seconds: u32,
}

/// A key and its secret, which is never shown again.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NewKey {
    key: ApiKeyInfo,
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "sk-parl-4eC39HqLyjWDarjtT1zdp7dcTk2wXoVbUhFm8ZnRqSa0aBcDeF")]
    secret: String,
}

impl NewKey {
    fn of((key, secret): (ApiKeyInfo, SecretString)) -> Json<Self> {
        Json(Self { key, secret: secret.expose_secret().to_owned() })
    }
}

fn check_name(value: &str) -> garde::Result {
    if value.trim().is_empty() {
        return Err(garde::Error::new("must not be empty"));
    }
    name::check(value).map_err(garde::Error::new)
}

fn check_scopes(scopes: &[KeyScope]) -> garde::Result {
    if scopes.is_empty() {
        return Err(garde::Error::new("must name at least one of `inference`, `read` and `write`"));
    }
    Ok(())
}

fn check_length<T>(list: &[T]) -> garde::Result {
    if list.is_empty() {
        return Err(garde::Error::new("must not be empty; send null for no limit"));
    }
    if list.len() > MAX_LIST {
        return Err(garde::Error::new("must have at most 100 entries"));
    }
    Ok(())
}

fn check_models(models: &[String]) -> garde::Result {
    check_length(models)?;
    if models.iter().any(|model| model.trim().is_empty() || model.chars().count() > MAX_MODEL) {
        return Err(garde::Error::new("must have names of 1 to 200 characters"));
    }
    if models.iter().any(|model| model.chars().any(char::is_control)) {
        return Err(garde::Error::new("must not contain control characters"));
    }
    Ok(())
}

fn check_networks(networks: &[Network]) -> garde::Result {
    check_length(networks)
}

/// Each scope once, in one order.
fn tidy(scopes: &[KeyScope]) -> Vec<KeyScope> {
    KeyScope::ALL.into_iter().filter(|scope| scopes.contains(scope)).collect()
}

fn nets(networks: Vec<Network>) -> Vec<IpNet> {
    networks.into_iter().map(|Network(net)| net).collect()
}

impl From<CreateKeyRequest> for NewApiKey {
    fn from(body: CreateKeyRequest) -> Self {
        Self {
            name: body.name,
            scopes: body.scopes.map_or_else(|| vec![KeyScope::Inference], |scopes| tidy(&scopes)),
            models: body.models,
            requests_per_minute: body.requests_per_minute,
            tokens_per_minute: body.tokens_per_minute,
            allowed_ips: body.allowed_ips.map(nets),
            expires_at: body.expires_at,
        }
    }
}

impl From<UpdateKeyRequest> for KeyChanges {
    fn from(body: UpdateKeyRequest) -> Self {
        Self {
            name: body.name,
            scopes: body.scopes.map(|scopes| tidy(&scopes)),
            models: body.models,
            requests_per_minute: body.requests_per_minute,
            tokens_per_minute: body.tokens_per_minute,
            allowed_ips: body.allowed_ips.map(|networks| networks.map(nets)),
            expires_at: body.expires_at,
        }
    }
}

fn actor(caller: Allowed<can::CreateKeys>) -> KeyActor {
    KeyActor { user: caller.user, scope: caller.scope, permissions: caller.permissions, key: caller.key }
}

/// List API keys
///
/// The newest first: the caller's own, or with the permission `keys.manage` everybody's in the
/// workspace. A revoked one stays for 30 days.
#[utoipa::path(
    get, path = "/keys", operation_id = "list_keys", tag = "API keys",
    security(("bearer" = ["keys.create"])), params(PageQuery),
    responses(
        (status = 200, description = "A page of keys.", body = Page<ApiKeyInfo>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::CreateKeys>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ApiKeyInfo>>, Problem> {
    let before: Option<ApiKeyId> = page.after()?;
    let rows = identity.keys(&actor(caller), before, page.limit() + 1).await?;
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    Ok(Json(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id))))
}

/// Create an API key
///
/// The answer has the secret, this one time. The key acts as its owner, in this workspace, within
/// its scopes. A key that makes a key can't make one that may do more than itself. An
/// `Idempotency-Key` has no effect here, for the secret is not kept to be shown again.
#[utoipa::path(
    post, path = "/keys", operation_id = "create_key", tag = "API keys",
    security(("bearer" = ["keys.create"])), request_body = CreateKeyRequest,
    responses(
        (status = 201, description = "The key and its secret.", body = NewKey),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the new key would be broader than the one that calls; `step_up_required`: prove again who you are.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::CreateKeys>,
    _: Recent,
    Json(body): Json<CreateKeyRequest>,
) -> Result<impl IntoResponse, Problem> {
    let made = identity.create_key(&actor(caller), body.into()).await?;
    Ok((StatusCode::CREATED, super::NO_STORE, NewKey::of(made)))
}

/// An API key
#[utoipa::path(
    get, path = "/keys/{id}", operation_id = "get_key", tag = "API keys",
    security(("bearer" = ["keys.create"])), params(("id" = ApiKeyId, Path, description = "The key's id.")),
    responses(
        (status = 200, description = "The key.", body = ApiKeyInfo),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key, or it is somebody else's.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::CreateKeys>,
    Path(id): Path<ApiKeyId>,
) -> Result<Json<ApiKeyInfo>, Problem> {
    Ok(Json(identity.key(&actor(caller), id).await?))
}

/// Change an API key
///
/// It counts from the key's next request.
#[utoipa::path(
    patch, path = "/keys/{id}", operation_id = "update_key", tag = "API keys",
    security(("bearer" = ["keys.create"])), params(("id" = ApiKeyId, Path, description = "The key's id.")),
    request_body = UpdateKeyRequest,
    responses(
        (status = 200, description = "The key as it is now.", body = ApiKeyInfo),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the key is or would be broader than the one that calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key, or it is somebody else's.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It has been revoked.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::CreateKeys>,
    Path(id): Path<ApiKeyId>,
    Json(body): Json<UpdateKeyRequest>,
) -> Result<Json<ApiKeyInfo>, Problem> {
    Ok(Json(identity.update_key(&actor(caller), id, body.into()).await?))
}

/// Revoke an API key
///
/// It is refused from the next request on. It stays in the list for 30 days.
#[utoipa::path(
    delete, path = "/keys/{id}", operation_id = "revoke_key", tag = "API keys",
    security(("bearer" = ["keys.create"])), params(("id" = ApiKeyId, Path, description = "The key's id.")),
    responses(
        (status = 204, description = "It has ended."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the key is broader than the one that calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key, or it is somebody else's.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::CreateKeys>,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    identity.revoke_key(&actor(caller), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate an API key
///
/// The answer has the new secret, this one time. The old one ends at once, or after
/// `grace_seconds`. Only the key's owner may, for the secret acts as them.
#[utoipa::path(
    post, path = "/keys/{id}/rotate", operation_id = "rotate_key", tag = "API keys",
    security(("bearer" = ["keys.create"])), params(("id" = ApiKeyId, Path, description = "The key's id.")),
    request_body(content = Option<RotateKeyRequest>),
    responses(
        (status = 200, description = "The key and its new secret.", body = NewKey),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, the key is somebody else's, or it is broader than the one that calls; `step_up_required`: prove again who you are.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key, or it is somebody else's.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It has been revoked.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn rotate(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::CreateKeys>,
    _: Recent,
    Path(id): Path<ApiKeyId>,
    super::Optional(body): super::Optional<RotateKeyRequest>,
) -> Result<impl IntoResponse, Problem> {
    let grace = Duration::from_secs(body.grace_seconds.into());
    Ok((super::NO_STORE, NewKey::of(identity.rotate_key(&actor(caller), id, grace).await?)))
}
