//! What a directory can do, and how it is let in.

mod groups;
mod token;
mod users;

pub use token::{ScimSettings, ScimToken};

use std::sync::Arc;

use contracts::Directory;
use kernel::TenantScope;
use serde_json::{Map, Value, json};

use super::{BASE, MOST_RESULTS, ScimError, resource::LIST_SCHEMA};
use crate::Identity;

/// Which resources of a list to show: counted from one (RFC 7644, 3.4.2.4).
#[derive(Debug, Clone, Default)]
pub(super) struct ListQuery {
    pub filter: Option<String>,
    pub start: i64,
    pub count: i64,
    pub shape: Shape,
}

/// Which attributes to show (RFC 7644, 3.9); names in lower case.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub only: Vec<String>,
    pub without: Vec<String>,
}

impl Shape {
    pub fn shows_members(&self) -> bool {
        !self.without.iter().any(|name| name == "members")
            && (self.only.is_empty() || self.only.iter().any(|name| name.split('.').next() == Some("members")))
    }

    pub fn apply(&self, mut resource: Map<String, Value>) -> Value {
        // What is always returned stays.
        let always = ["schemas", "id", "meta"];
        resource.retain(|name, _| {
            let name = name.to_ascii_lowercase();
            let asked = |list: &[String]| list.iter().any(|one| one.split('.').next() == Some(name.as_str()));
            always.contains(&name.as_str())
                || ((self.only.is_empty() || asked(&self.only)) && !self.without.contains(&name))
        });
        Value::Object(resource)
    }
}

/// A page of a list.
fn listed(query: &ListQuery, total: i64, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_SCHEMA], "totalResults": total, "startIndex": query.start.max(1),
        "itemsPerPage": resources.len(), "Resources": resources,
    })
}

/// How many to leave out before the page, and how many to show.
fn window(query: &ListQuery) -> (i64, i64) {
    ((query.start - 1).max(0), query.count.clamp(0, MOST_RESULTS))
}

/// The page of those that pass a filter.
fn cut(query: &ListQuery, all: Vec<Map<String, Value>>) -> Value {
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let (skip, count) = window(query);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let count = usize::try_from(count).unwrap_or_default();
    listed(query, total, all.into_iter().skip(skip).take(count).map(|one| query.shape.apply(one)).collect())
}

impl Identity {
    /// The same where directories are let in, and this keeps their members and groups.
    #[must_use]
    pub fn with_directory(self, directory: Arc<dyn Directory>) -> Self {
        Self { directory: Some(directory), ..self }
    }

    fn directory(&self) -> Result<&dyn Directory, ScimError> {
        self.directory.as_deref().ok_or(ScimError::NotFound)
    }

    /// What every resource's location begins with.
    pub(super) fn scim_base(&self) -> String {
        format!("{}{BASE}", self.config.federation.base_url.trim_end_matches('/'))
    }
}

/// Whose directory asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Provisioner {
    pub scope: TenantScope,
}
