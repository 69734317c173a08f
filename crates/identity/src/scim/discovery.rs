//! What the service says of itself (RFC 7643, 5 to 7).

use serde_json::{Value, json};

use super::{
    MOST_RESULTS,
    resource::{GROUP_SCHEMA, LIST_SCHEMA, USER_SCHEMA},
};

pub(super) fn config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST_RESULTS },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "Bearer token", "primary": true,
            "description": "The token that the workspace's settings show once.",
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    })
}

fn list(resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_SCHEMA], "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

pub(super) fn resource_types(base: &str) -> Value {
    let kind = |name: &str, schema: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name, "name": name, "endpoint": format!("/{name}s"), "schema": schema, "schemaExtensions": [],
            "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}") },
        })
    };
    list(vec![kind("User", USER_SCHEMA), kind("Group", GROUP_SCHEMA)])
}

/// One attribute: its name, its type, and what differs from the common.
fn attribute(name: &str, kind: &str, more: Value) -> Value {
    let mut attribute = json!({
        "name": name, "type": kind, "multiValued": false, "required": false, "caseExact": false,
        "mutability": "readWrite", "returned": "default", "uniqueness": "none",
    });
    if let (Value::Object(attribute), Value::Object(more)) = (&mut attribute, more) {
        attribute.extend(more);
    }
    attribute
}

pub(super) fn schemas(base: &str) -> Value {
    let text = |name: &str| attribute(name, "string", json!({}));
    let schema = |id: &str, name: &str, attributes: Vec<Value>| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": name, "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{id}") },
        })
    };
    let user = vec![
        attribute("userName", "string", json!({ "required": true, "uniqueness": "server", "mutability": "immutable" })),
        attribute("name", "complex", json!({ "subAttributes": [text("givenName"), text("familyName")] })),
        text("displayName"),
        attribute("active", "boolean", json!({})),
        attribute(
            "emails",
            "complex",
            json!({
                "multiValued": true, "mutability": "immutable",
                "subAttributes": [text("value"), text("type"), attribute("primary", "boolean", json!({}))],
            }),
        ),
    ];
    let member = attribute("value", "string", json!({ "mutability": "immutable", "caseExact": true }));
    let group = vec![
        attribute("displayName", "string", json!({ "required": true, "uniqueness": "server" })),
        attribute(
            "members",
            "complex",
            json!({ "multiValued": true, "subAttributes": [member, attribute("display", "string", json!({ "mutability": "readOnly" }))] }),
        ),
    ];
    list(vec![schema(USER_SCHEMA, "User", user), schema(GROUP_SCHEMA, "Group", group)])
}
