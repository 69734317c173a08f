//! `/audit`: who changed what in the workspace.

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use contracts::{audit::Action, tenancy::can};
use futures_util::{StreamExt as _, stream};
use garde::Validate;
use http::{HeaderValue, header};
use kernel::{Page, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use web::{Allowed, Json, PageQuery, PlatformAdmin, PlatformRefusals, Problem, ProblemBody, Query};

use super::Api;
use crate::{
    AuditSearch, Chain, TenancyError,
    entry::{AuditEntry, COLUMNS, present},
};

/// Whether the log is as it was written.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(super) struct AuditVerification {
    verified: bool,
    /// How many entries there are.
    entries: i64,
    /// The last entry's, and so over all of them. Whoever notes it can tell later that nobody has rewritten the log.
    hash: String,
    /// The position of the first entry that is not what was written.
    #[schema(required)]
    broken_at: Option<i64>,
}

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// An action such as `member.role_changed`, or all of an area: `member.*`.
    #[garde(length(max = 80), custom(known_action))]
    #[param(example = "member.*")]
    action: Option<String>,
    /// Who did it.
    #[garde(skip)]
    actor: Option<UserId>,
    /// The id of what it was done to.
    #[garde(length(max = 200))]
    subject: Option<String>,
    /// From this moment on.
    #[garde(skip)]
    from: Option<Timestamp>,
    /// Before this moment.
    #[garde(skip)]
    until: Option<Timestamp>,
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the validation's signature")]
fn known_action(text: &Option<String>, (): &()) -> garde::Result {
    let Some(text) = text else { return Ok(()) };
    let is_area = |area: &str| Action::ALL.iter().any(|action| action.as_str().starts_with(&format!("{area}.")));
    if Action::from_name(text).is_some() || text.strip_suffix(".*").is_some_and(is_area) {
        return Ok(());
    }
    Err(garde::Error::new("is no action such as `member.role_changed`, and no area such as `member.*`"))
}

impl AuditQuery {
    fn search(self) -> AuditSearch {
        // Letters and `_` come before `~`.
        let actions = self.action.map(|action| match action.strip_suffix('*') {
            Some(area) => (area.to_owned(), format!("{area}~")),
            None => (action.clone(), action),
        });
        AuditSearch { actions, actor: self.actor, subject: self.subject, from: self.from, until: self.until }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuditFormat {
    /// Comma-separated values with a line of names.
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    #[garde(skip)]
    #[param(inline)]
    format: AuditFormat,
}

/// List the audit log
///
/// Who changed what in the workspace, the newest first.
#[utoipa::path(
    get, path = "/audit", operation_id = "list_audit_entries", tag = "Audit log",
    security(("bearer" = ["audit.read"])), params(PageQuery, AuditQuery),
    responses(
        (status = 200, description = "A page of entries.", body = Page<AuditEntry>),
        (status = 400, description = "A filter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<can::ReadAudit>,
    Query(page): Query<PageQuery>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let chain = Chain(Some(caller.scope.workspace()));
    let found = api.tenancy.audit_entries(chain, &query.search(), page.after()?, page.limit()).await?;
    let data = present(&*api.identity, found.data).await?;
    Ok(Json(Page { data, next_cursor: found.next_cursor }))
}

/// List the platform's audit log
///
/// What concerns no one workspace: accounts and how they are proved, administrators, keys that sign. The newest first.
/// For administrators of the platform.
#[utoipa::path(
    get, path = "/platform/audit", operation_id = "list_platform_audit_entries", tag = "Platform",
    security(("bearer" = ["platform"])), params(PageQuery, AuditQuery),
    responses(
        (status = 200, description = "A page of entries.", body = Page<AuditEntry>),
        (status = 400, description = "A filter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        PlatformRefusals,
    )
)]
pub(super) async fn list_platform(
    State(api): State<Api>,
    _: PlatformAdmin,
    Query(page): Query<PageQuery>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let found = api.tenancy.audit_entries(Chain(None), &query.search(), page.after()?, page.limit()).await?;
    let data = present(&*api.identity, found.data).await?;
    Ok(Json(Page { data, next_cursor: found.next_cursor }))
}

/// Export the audit log
///
/// All of it, the oldest entry first. The export is itself an entry.
#[utoipa::path(
    get, path = "/audit/export", operation_id = "export_audit", tag = "Audit log",
    security(("bearer" = ["audit.read"])), params(ExportQuery),
    responses(
        (status = 200, description = "The whole log.", content((String = "text/csv"), (String = "application/jsonl"))),
        (status = 400, description = "The format is not one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn export(
    State(api): State<Api>,
    caller: Allowed<can::ReadAudit>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let (format, kind, name) = match query.format {
        AuditFormat::Csv => (AuditFormat::Csv, "text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        AuditFormat::Jsonl => (AuditFormat::Jsonl, "application/jsonl", "attachment; filename=\"audit.jsonl\""),
    };
    api.tenancy.note_export(&caller.scope, if format == AuditFormat::Csv { "csv" } else { "jsonl" }).await?;
    let chain = Chain(Some(caller.scope.workspace()));
    // What can fail at once fails before there is an answer.
    let first = api.tenancy.audit_after(chain, 0).await?;
    let lines = stream::unfold((api, Some((first, true))), move |(api, next)| async move {
        let (rows, is_first) = next?;
        let last = rows.last().map(|row| row.position)?;
        let written = async {
            let entries = present(&*api.identity, rows).await?;
            let text = write(format, &entries, is_first)?;
            Ok::<_, TenancyError>((text, api.tenancy.audit_after(chain, last).await?))
        };
        match written.await {
            Ok((text, rows)) => Some((Ok(Bytes::from(text)), (api, Some((rows, false))))),
            Err(error) => {
                // The answer has begun: it breaks off, and the client sees that it is not whole.
                tracing::error!(%error, "an export of the audit log broke off");
                Some((Err(std::io::Error::other("the export broke off")), (api, None)))
            }
        }
    });
    // Whoever compresses it asks once more after its end.
    let mut response = Body::from_stream(lines.fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Verify the audit log
///
/// Recomputes the chain of hashes: an entry that was changed, removed or moved in the database breaks it.
#[utoipa::path(
    get, path = "/audit/verification", operation_id = "verify_audit", tag = "Audit log",
    security(("bearer" = ["audit.read"])),
    responses(
        (status = 200, description = "What was found.", body = AuditVerification),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn verify(
    State(api): State<Api>,
    caller: Allowed<can::ReadAudit>,
) -> Result<Json<AuditVerification>, Problem> {
    let verdict = api.tenancy.verify_audit(Chain(Some(caller.scope.workspace()))).await?;
    Ok(Json(AuditVerification {
        verified: verdict.broken_at.is_none(),
        entries: verdict.entries,
        hash: web::hex(&verdict.hash),
        broken_at: verdict.broken_at,
    }))
}

fn write(format: AuditFormat, entries: &[AuditEntry], with_names: bool) -> Result<Vec<u8>, TenancyError> {
    let encode = TenancyError::unwritable;
    if format == AuditFormat::Jsonl {
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry).map_err(|error| encode(&error))?;
            text.push(b'\n');
        }
        return Ok(text);
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    if with_names {
        table.write_record(COLUMNS).map_err(|error| encode(&error))?;
    }
    for entry in entries {
        table.write_record(entry.columns().map(harmless)).map_err(|error| encode(&error))?;
    }
    table.into_inner().map_err(|error| encode(&error))
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
