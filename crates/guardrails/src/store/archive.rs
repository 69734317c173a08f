//! A workspace's guardrails and what they decided, for its archive.

use contracts::archived;
use database::Json;
use kernel::{ApiKeyId, DecisionId, RunId, Timestamp, UsageId, UserId};
use serde_json::Value;
use uuid::Uuid;

archived! {
    Policy in "guardrails" of ["guardrail_policies"] after [subject_id: Uuid] {
        subject_id: Uuid, api_key_id: Option<ApiKeyId>, policy: Json<Value>, updated_at: Timestamp, updated_by: UserId,
    }
    "SELECT subject_id, api_key_id, policy, updated_at, updated_by FROM guardrail_policies
     WHERE workspace_id = $1 AND subject_id > $2 ORDER BY subject_id LIMIT $3"
}

archived! {
    Decision in "guardrail_decisions" of ["guardrail_decisions"] after [id: DecisionId] {
        id: DecisionId, user_id: UserId, api_key_id: Option<ApiKeyId>, run_id: Option<RunId>,
        usage_id: Option<UsageId>, rule: String, action: String, count: i64, occurred_at: Timestamp,
    }
    "SELECT id, user_id, api_key_id, run_id, usage_id, rule, action, count, occurred_at FROM guardrail_decisions
     WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}
