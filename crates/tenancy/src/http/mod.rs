//! The endpoints of tenancy.

mod audit;
mod candidates;
mod groups;
mod invitations;
mod lifecycle;
mod members;
mod platform;
mod profiles;
mod roles;
mod workspaces;

use std::sync::Arc;

use contracts::Identity;
use kernel::{Page, WorkspaceId};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::PageQuery;

use crate::Tenancy;

/// What the handlers share.
#[derive(Clone)]
struct Api {
    tenancy: Arc<Tenancy>,
    /// Knows the members' names.
    identity: Arc<dyn Identity>,
}

/// A name of 1 to 80 characters, not all blank, without control characters.
fn check_name(value: &str) -> garde::Result {
    if value.trim().is_empty() {
        return Err(garde::Error::new("must not be empty"));
    }
    if value.chars().count() > 80 {
        return Err(garde::Error::new("must be at most 80 characters"));
    }
    // Also those that change the direction of the text around a name.
    let is_control = |it: char| it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if value.chars().any(is_control) {
        return Err(garde::Error::new("must not contain control characters"));
    }
    Ok(())
}

/// A page of a list that is short enough to be read whole, after the row with the id `after`.
fn cut<T>(all: Vec<T>, after: Option<WorkspaceId>, page: &PageQuery, id: impl Fn(&T) -> WorkspaceId) -> Page<T> {
    let start = after.and_then(|after| all.iter().position(|row| id(row) == after)).map_or(0, |position| position + 1);
    let rows: Vec<T> = all.into_iter().skip(start).collect();
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    Page::from_overfetch(rows, limit, |last| web::cursor::encode(&id(last)))
}

/// All endpoints of tenancy, without the `/api/v1` before their paths.
pub fn routes(tenancy: Arc<Tenancy>, identity: Arc<dyn Identity>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(workspaces::list, workspaces::create))
        .routes(routes!(workspaces::get, workspaces::update, lifecycle::delete))
        .routes(routes!(lifecycle::leave))
        .routes(routes!(lifecycle::transfer))
        .routes(routes!(lifecycle::list_deleted))
        .routes(routes!(lifecycle::restore))
        .routes(routes!(members::list))
        .routes(routes!(members::update, members::remove))
        .routes(routes!(profiles::get_own, profiles::set_own))
        .routes(routes!(profiles::list))
        .routes(routes!(profiles::get_schema, profiles::set_schema))
        .routes(routes!(profiles::get, profiles::set))
        .routes(routes!(members::explain))
        .routes(routes!(roles::list, roles::create))
        .routes(routes!(roles::get, roles::update, roles::delete))
        .routes(routes!(audit::list))
        .routes(routes!(audit::list_platform))
        .routes(routes!(audit::export))
        .routes(routes!(audit::verify))
        .routes(routes!(candidates::list))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::get, groups::update, groups::delete))
        .routes(routes!(groups::give_role))
        .routes(routes!(groups::list_members))
        .routes(routes!(groups::add_member, groups::remove_member))
        .routes(routes!(invitations::list, invitations::create))
        .routes(routes!(invitations::view))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::revoke))
        .routes(routes!(invitations::resend))
        .merge(platform::routes())
        .with_state(Api { tenancy, identity })
}
