//! `/connections`: a workspace's own keys and deployments.

use axum::{extract::State, response::IntoResponse};
use contracts::tenancy::can;
use garde::Validate;
use http::StatusCode;
use kernel::{ConnectionId, Page};
use secrecy::SecretString;
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Path, Problem, ProblemBody, Query};

use super::{check_line, present};
use crate::{
    Providers,
    model::{Connection, ConnectionChange, ConnectionTest, Deployment, NewConnection},
};

/// Deployments of one connection.
const MODELS: usize = 100;
const KEY: usize = 4096;

fn check_models(models: &[Deployment]) -> garde::Result {
    if models.len() > MODELS {
        return Err(garde::Error::new(format!("must be at most {MODELS} models")));
    }
    for (index, model) in models.iter().enumerate() {
        let name = &model.name;
        if name.is_empty() || name.len() > 200 || name.chars().any(|it| it.is_control() || it.is_whitespace()) {
            return Err(garde::Error::new("each needs a name of 1 to 200 characters without spaces"));
        }
        if models.iter().take(index).any(|other| other.name == *name) {
            return Err(garde::Error::new(format!("`{name}` stands twice")));
        }
        if let Some(title) = &model.display_name {
            check_line(title)?;
        }
        let sizes = [model.context_window, model.max_output_tokens];
        if sizes.into_iter().flatten().any(|size| !(1..=1_000_000_000).contains(&size)) {
            return Err(garde::Error::new("numbers of tokens must be 1 to 1000000000"));
        }
        if model.prices.as_ref().is_some_and(|prices| !prices.are_exact()) {
            return Err(garde::Error::new("prices must not be below zero and have at most six decimals"));
        }
    }
    Ok(())
}

fn check_key(key: &SecretString) -> garde::Result {
    use secrecy::ExposeSecret as _;
    if key.expose_secret().trim().is_empty() || key.expose_secret().len() > KEY {
        return Err(garde::Error::new(format!("must be 1 to {KEY} characters")));
    }
    Ok(())
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"provider": "openai", "name": "Our OpenAI account", "key": "sk-…"}))]
pub(super) struct CreateConnectionRequest {
    /// `openai`, `anthropic`, …; `compatible` for any server that speaks Chat Completions.
    #[garde(length(max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "openai")]
    provider: String,
    #[garde(custom(|name: &str, (): &()| check_line(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Our OpenAI account")]
    name: String,
    /// Another address than the provider's own. It must lie in the public internet, unless the
    /// operator allows its network.
    #[garde(inner(length(min = 1, max = 500)))]
    #[schema(min_length = 1, max_length = 500, example = "https://models.example.com/v1")]
    base_url: Option<String>,
    /// Kept sealed, and never shown again.
    #[garde(inner(custom(|key: &SecretString, (): &()| check_key(key))))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096, format = Password, write_only)]
    key: Option<SecretString>,
    /// True unless told.
    #[garde(skip)]
    enabled: Option<bool>,
    /// Deployments that the catalogue does not have.
    #[serde(default)]
    #[garde(custom(|models: &[Deployment], (): &()| check_models(models)))]
    #[schema(max_items = 100)]
    models: Vec<Deployment>,
}

/// Fields that are left out stay as they are. With another address the key must be given again.
#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enabled": false}))]
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
pub(super) struct UpdateConnectionRequest {
    #[garde(inner(custom(|name: &str, (): &()| check_line(name))))]
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(length(min = 1, max = 500))))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    base_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(custom(|key: &SecretString, (): &()| check_key(key)))))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096, format = Password, write_only)]
    key: Option<Option<SecretString>>,
    #[garde(skip)]
    enabled: Option<bool>,
    #[garde(inner(custom(|models: &[Deployment], (): &()| check_models(models))))]
    #[schema(max_items = 100)]
    models: Option<Vec<Deployment>>,
}

/// List connections
///
/// The workspace's own keys and deployments, the oldest first. Keys are never shown.
#[utoipa::path(
    get, path = "/connections", operation_id = "list_connections", tag = "Routing",
    security(("bearer" = ["connections.manage"])), params(PageQuery),
    responses(
        (status = 200, description = "A page of connections.", body = Page<Connection>),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_connections(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageConnections>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Connection>>, Problem> {
    Ok(Json(providers.connections_of(&caller.scope, page.after()?, page.limit()).await?))
}

/// Connect a provider
///
/// From the next request on, the workspace's requests to this provider go there with its own
/// key. Of several for one provider, the oldest that is enabled serves the catalogue's models.
#[utoipa::path(
    post, path = "/connections", operation_id = "create_connection", tag = "Routing",
    security(("bearer" = ["connections.manage"])), request_body = CreateConnectionRequest,
    responses(
        (status = 201, description = "The new connection.", body = Connection),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There are as many connections as there can be.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid, or the address is not allowed.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_connection(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageConnections>,
    Json(body): Json<CreateConnectionRequest>,
) -> Result<impl IntoResponse, Problem> {
    let CreateConnectionRequest { provider, name, base_url, key, enabled, models } = body;
    let (name, enabled) = (name.trim().to_owned(), enabled.unwrap_or(true));
    let new = NewConnection { provider, name, base_url, key, enabled, models };
    Ok((StatusCode::CREATED, Json(providers.create_connection(&caller.scope, new).await?)))
}

/// One connection
#[utoipa::path(
    get, path = "/connections/{id}", operation_id = "get_connection", tag = "Routing",
    security(("bearer" = ["connections.manage"])),
    params(("id" = ConnectionId, Path, description = "The connection's id.")),
    responses(
        (status = 200, description = "The connection.", body = Connection),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such connection here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_connection(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageConnections>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Connection>, Problem> {
    Ok(Json(providers.connection(&caller.scope, id).await?))
}

/// Change a connection
///
/// It holds from the next request on.
#[utoipa::path(
    patch, path = "/connections/{id}", operation_id = "update_connection", tag = "Routing",
    security(("bearer" = ["connections.manage"])),
    params(("id" = ConnectionId, Path, description = "The connection's id.")),
    request_body = UpdateConnectionRequest,
    responses(
        (status = 200, description = "The connection as it is now.", body = Connection),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such connection here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid, or the address is not allowed.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update_connection(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageConnections>,
    Path(id): Path<ConnectionId>,
    Json(body): Json<UpdateConnectionRequest>,
) -> Result<Json<Connection>, Problem> {
    let UpdateConnectionRequest { name, base_url, key, enabled, models } = body;
    let name = name.map(|name| name.trim().to_owned());
    let change = ConnectionChange { name, base_url, key, enabled, models };
    Ok(Json(providers.update_connection(&caller.scope, id, change).await?))
}

/// Delete a connection
///
/// Its key is gone for good.
#[utoipa::path(
    delete, path = "/connections/{id}", operation_id = "delete_connection", tag = "Routing",
    security(("bearer" = ["connections.manage"])),
    params(("id" = ConnectionId, Path, description = "The connection's id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such connection here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete_connection(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageConnections>,
    Path(id): Path<ConnectionId>,
) -> Result<StatusCode, Problem> {
    providers.delete_connection(&caller.scope, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a connection
///
/// Asks the provider for its models, or for one token, and says what happened.
#[utoipa::path(
    post, path = "/connections/{id}/test", operation_id = "test_connection", tag = "Routing",
    security(("bearer" = ["connections.manage"])),
    params(("id" = ConnectionId, Path, description = "The connection's id.")),
    responses(
        (status = 200, description = "What happened.", body = ConnectionTest),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such connection here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn test_connection(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageConnections>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<ConnectionTest>, Problem> {
    Ok(Json(providers.test_connection(&caller.scope, id).await?))
}
