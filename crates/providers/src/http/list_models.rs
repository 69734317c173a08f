//! `GET /models`.

use axum::extract::State;
use contracts::{
    providers::{Capabilities, Model, Prices},
    tenancy::can,
};
use garde::Validate;
use kernel::{NanoUsd, Page};
use serde::{Deserialize, Serialize};
use web::{Allowed, Json, Problem, ProblemBody, Query};

use super::Service;

/// Models on a page, unless told.
const LIMIT: u32 = 1000;

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelsQuery {
    /// Only those that can be used now, or only those that can't.
    #[garde(skip)]
    available: Option<bool>,
    /// Words that the id, the name or the provider holds; upper and lower case are the same.
    #[garde(length(max = 200))]
    #[param(max_length = 200, example = "sonnet")]
    q: Option<String>,
    /// Models on a page, 1 to 1000; all of them unless told.
    #[garde(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 1024))]
    cursor: Option<String>,
}

/// A model, as one may choose it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Model)]
pub(super) struct ModelView {
    #[schema(example = "openai/gpt-5.2")]
    id: String,
    #[schema(example = "GPT-5.2")]
    name: String,
    provider: ProviderView,
    /// Whether it can be used now.
    available: bool,
    /// If not, why, and what to do about it.
    #[schema(required, example = "Set OPENAI_API_KEY to use OpenAI.")]
    unavailable_reason: Option<String>,
    /// Tokens that input and output may have together.
    #[schema(required, example = 400_000)]
    context_window: Option<u64>,
    #[schema(required, example = 128_000)]
    max_output_tokens: Option<u64>,
    capabilities: Capabilities,
    /// Values that `parameters.reasoning_effort` may have; empty: it takes none.
    #[schema(example = json!(["low", "medium", "high"]))]
    reasoning_efforts: Vec<String>,
    /// Null: unpriced; its use is recorded at a cost of zero.
    #[schema(required)]
    prices: Option<PricesView>,
    /// The day its provider retires it.
    #[schema(required, format = Date, example = "2027-04-01")]
    retires_on: Option<String>,
    /// Whether it is the one to preselect.
    default: bool,
}

/// Who runs a model.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ModelProvider)]
struct ProviderView {
    #[schema(example = "openai")]
    id: String,
    #[schema(example = "OpenAI")]
    name: String,
}

/// Prices of a million tokens.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ModelPrices)]
struct PricesView {
    /// The version of the catalogue that they come from.
    #[schema(example = "2026-11-21")]
    version: String,
    input_per_million_usd: NanoUsd,
    output_per_million_usd: NanoUsd,
    /// Null: charged as input.
    #[schema(required)]
    cached_input_per_million_usd: Option<NanoUsd>,
    /// Null: charged as input.
    #[schema(required)]
    cache_write_per_million_usd: Option<NanoUsd>,
}

impl From<&Prices> for PricesView {
    fn from(prices: &Prices) -> Self {
        Self {
            version: prices.version.clone(),
            input_per_million_usd: prices.input.per_million(),
            output_per_million_usd: prices.output.per_million(),
            cached_input_per_million_usd: prices.cached_input.map(kernel::PicoUsd::per_million),
            cache_write_per_million_usd: prices.cache_write.map(kernel::PicoUsd::per_million),
        }
    }
}

impl From<&Model> for ModelView {
    fn from(model: &Model) -> Self {
        Self {
            id: model.id.clone(),
            name: model.name.clone(),
            provider: ProviderView { id: model.provider.clone(), name: model.provider_name.clone() },
            available: model.unavailable.is_none(),
            unavailable_reason: model.unavailable.clone(),
            context_window: model.context_window,
            max_output_tokens: model.max_output_tokens,
            capabilities: model.capabilities,
            reasoning_efforts: model.reasoning_efforts.clone(),
            prices: model.prices.as_ref().map(PricesView::from),
            retires_on: model.retires_on.clone(),
            default: model.default,
        }
    }
}

/// Models
///
/// Every model of the catalogue and of the servers that were found, those that can be used
/// first. A model that can't be used says why.
#[utoipa::path(
    get, path = "/models", operation_id = "list_models", tag = "Models",
    security(("bearer" = ["models.read"])),
    params(ModelsQuery),
    responses(
        (status = 200, description = "Models.", body = Page<ModelView>),
        (status = 400, description = "A parameter that is not valid.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Not signed in.",
            body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_models(
    State(providers): State<Service>,
    caller: Allowed<can::ReadModels>,
    Query(query): Query<ModelsQuery>,
) -> Result<Json<Page<ModelView>>, Problem> {
    let after: Option<String> = query.cursor.as_deref().map(web::cursor::decode).transpose()?;
    let limit = usize::try_from(query.limit.unwrap_or(LIMIT)).unwrap_or(usize::MAX);
    let words: Vec<String> = query.q.as_deref().unwrap_or("").split_whitespace().map(str::to_lowercase).collect();
    let models = providers.models(&caller.scope).await;
    let begin = after.and_then(|id| models.iter().position(|model| model.id == id)).map_or(0, |at| at + 1);
    let rows: Vec<ModelView> = models
        .iter()
        .skip(begin)
        .filter(|model| query.available.is_none_or(|wanted| wanted == model.unavailable.is_none()))
        .filter(|model| matches(model, &words))
        .take(limit + 1)
        .map(|model| ModelView::from(model.as_ref()))
        .collect();
    Ok(Json(Page::from_overfetch(rows, limit, |row| web::cursor::encode(&row.id))))
}

fn matches(model: &Model, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = format!("{} {} {}", model.id, model.name, model.provider_name).to_lowercase();
    words.iter().all(|word| text.contains(word))
}
