//! A workspace's own routes and connections, for its archive. Providers' keys stay out, sealed or not.

use contracts::archived;
use database::Json;
use kernel::{ConnectionId, RouteId, Timestamp};
use serde_json::Value;

archived! {
    Route in "routes" of ["routes"] after [id: RouteId] {
        id: RouteId, name: String, description: String, strategy: String, targets: Json<Value>,
        abort_on_disconnect: bool, created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT id, name, description, strategy, targets, abort_on_disconnect, created_at, updated_at FROM routes
     WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}

archived! {
    Connection in "connections" of ["provider_connections"] after [id: ConnectionId] {
        id: ConnectionId, provider: String, name: String, base_url: Option<String>, enabled: bool, models: Json<Value>,
        created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT id, provider, name, base_url, enabled, models, created_at, updated_at FROM provider_connections
     WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}
