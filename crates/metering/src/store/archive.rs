//! What a workspace has spent and may spend, for its archive.

use contracts::archived;
use database::Json;
use kernel::{ApiKeyId, BudgetId, ConversationId, RunId, Timestamp, UsageId, UserId};
use serde_json::Value;
use uuid::Uuid;

archived! {
    Usage in "usage" of ["usage_entries"] after [id: UsageId] {
        id: UsageId, user_id: UserId, conversation_id: Option<ConversationId>, run_id: Option<RunId>,
        api_key_id: Option<ApiKeyId>, model: String, input_tokens: i64, cached_input_tokens: i64,
        cache_write_tokens: i64, output_tokens: i64, reasoning_tokens: i64, messages: i64, extra: Option<Json<Value>>,
        estimated: bool, price_version: Option<String>, cost_nano: i64, occurred_at: Timestamp,
    }
    "SELECT id, user_id, conversation_id, run_id, api_key_id, model, input_tokens, cached_input_tokens,
            cache_write_tokens, output_tokens, reasoning_tokens, messages, extra, estimated, price_version, cost_nano,
            occurred_at
     FROM usage_entries WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}

archived! {
    Saving in "cache_savings" of ["cache_savings"] after [day: i64, user_id: UserId] {
        day: i64, user_id: UserId, answers: i64, saved_nano: i64,
    }
    "SELECT day, user_id, answers, saved_nano FROM cache_savings
     WHERE workspace_id = $1 AND (day, user_id) > ($2, $3) ORDER BY day, user_id LIMIT $4"
}

archived! {
    Budget in "budgets" of ["budgets"] after [id: BudgetId] {
        id: BudgetId, name: String, subject: String, subject_id: Option<Uuid>, unit: String, period: String,
        limit_nano: i64, hard: bool, quota: bool, counts_from: Timestamp, created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT id, name, subject, subject_id, unit, period, limit_nano, hard, quota, counts_from, created_at, updated_at
     FROM budgets WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}

archived! {
    BudgetPeriod in "budget_periods" of ["budget_periods"] after [budget_id: BudgetId, starts_at: i64] {
        budget_id: BudgetId, starts_at: i64, spent_nano: i64,
    }
    "SELECT budget_id, starts_at, spent_nano FROM budget_periods
     WHERE workspace_id = $1 AND (budget_id, starts_at) > ($2, $3) ORDER BY budget_id, starts_at LIMIT $4"
}
