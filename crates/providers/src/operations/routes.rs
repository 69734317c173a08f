//! Routes: list, make, change, delete.

use contracts::{
    audit::{Action, Entry},
    providers::ProviderErrorKind as Kind,
};
use kernel::{Page, RouteId, TenantScope};
use serde_json::json;

use super::{MOST, RoutingError};
use crate::{
    Providers,
    model::{NewRoute, Route, RouteChange, Target},
    store::routes,
};

impl Providers {
    /// Those after the name `after`, by name.
    pub async fn routes_of(
        &self,
        scope: &TenantScope,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Route>, RoutingError> {
        let db = &self.workspaces()?.db;
        let rows = routes::page(db, scope, after.as_deref().unwrap_or_default(), i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.name)))
    }

    pub async fn route(&self, scope: &TenantScope, id: RouteId) -> Result<Route, RoutingError> {
        let mut tx = self.workspaces()?.db.begin(scope).await?;
        routes::find(&mut tx, scope, id).await?.ok_or(RoutingError::NotFound("route"))
    }

    pub async fn create_route(&self, scope: &TenantScope, new: NewRoute) -> Result<Route, RoutingError> {
        self.check_targets(scope, &new.targets).await?;
        let now = self.inner.env.now();
        let NewRoute { name, description, strategy, targets, abort_on_disconnect } = new;
        let id = self.inner.env.id();
        let route =
            Route { id, name, description, strategy, targets, abort_on_disconnect, created_at: now, updated_at: now };
        let workspaces = self.workspaces()?;
        let mut tx = workspaces.db.begin(scope).await?;
        let (all, taken) = routes::count(&mut tx, scope, &route.name, id).await?;
        if taken > 0 {
            return Err(RoutingError::NameTaken);
        }
        if all >= MOST {
            return Err(RoutingError::TooMany("routes", MOST));
        }
        routes::put(&mut tx, scope, &route).await.map_err(taken_meanwhile)?;
        workspaces.epochs.bump(&mut tx).await?;
        let entry = Entry::of(Action::RouteCreated, scope).about(id).after(json!(route));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(route)
    }

    pub async fn update_route(
        &self,
        scope: &TenantScope,
        id: RouteId,
        change: RouteChange,
    ) -> Result<Route, RoutingError> {
        if let Some(targets) = &change.targets {
            self.check_targets(scope, targets).await?;
        }
        let workspaces = self.workspaces()?;
        let mut tx = workspaces.db.begin(scope).await?;
        let was = routes::find(&mut tx, scope, id).await?.ok_or(RoutingError::NotFound("route"))?;
        let before = json!(was);
        let route = Route {
            id,
            name: change.name.unwrap_or(was.name),
            description: change.description.unwrap_or(was.description),
            strategy: change.strategy.unwrap_or(was.strategy),
            targets: change.targets.unwrap_or(was.targets),
            abort_on_disconnect: change.abort_on_disconnect.unwrap_or(was.abort_on_disconnect),
            created_at: was.created_at,
            updated_at: self.inner.env.now(),
        };
        let (_, taken) = routes::count(&mut tx, scope, &route.name, id).await?;
        if taken > 0 {
            return Err(RoutingError::NameTaken);
        }
        routes::put(&mut tx, scope, &route).await.map_err(taken_meanwhile)?;
        workspaces.epochs.bump(&mut tx).await?;
        let entry = Entry::of(Action::RouteUpdated, scope).about(id).before(before).after(json!(route));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(route)
    }

    pub async fn delete_route(&self, scope: &TenantScope, id: RouteId) -> Result<(), RoutingError> {
        let workspaces = self.workspaces()?;
        let mut tx = workspaces.db.begin(scope).await?;
        let was = routes::find(&mut tx, scope, id).await?.ok_or(RoutingError::NotFound("route"))?;
        if !routes::delete(&mut tx, scope, id).await? {
            return Err(RoutingError::NotFound("route"));
        }
        workspaces.epochs.bump(&mut tx).await?;
        let entry = Entry::of(Action::RouteDeleted, scope).about(id).before(json!(was));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Each target is a model that there is, if perhaps without a key now. Routes do not lead to
    /// routes, so none goes in a circle.
    async fn check_targets(&self, scope: &TenantScope, targets: &[Target]) -> Result<(), RoutingError> {
        let Ok(view) = self.view(scope).await else { return Ok(()) };
        for (index, target) in targets.iter().enumerate() {
            match view.fitting(&target.model, None) {
                Err(error) if error.kind == Kind::UnknownModel => {
                    let is_route = view.own.as_ref().is_some_and(|own| own.routes.contains_key(&target.model));
                    let message = if is_route {
                        format!("“{}” is a route, and a route leads to models. Name a model.", target.model)
                    } else {
                        error.message
                    };
                    return Err(RoutingError::field(format!("targets[{index}].model"), "unknown_model", message));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Somebody else took the name after we had looked.
fn taken_meanwhile(error: database::Error) -> RoutingError {
    match error {
        database::Error::UniqueViolation { .. } => RoutingError::NameTaken,
        other => other.into(),
    }
}
