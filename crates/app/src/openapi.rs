//! The OpenAPI 3.1 document: what the contexts say of their routes, and what holds for all.

use utoipa::{
    OpenApi,
    openapi::{
        OpenApi as Document,
        extensions::ExtensionsBuilder,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

const DESCRIPTION: &str = "\
Everything that Parlance's own web app does, for your programs too.

**Authentication.** Sign in with `POST /api/v1/auth/login` and send the access token as `Authorization: Bearer …`. \
It lives for ten minutes; `POST /api/v1/auth/refresh` renews it with the HttpOnly cookie that the login set. \
Programs send an API key in its place: one with the scope `read` for GET, with `write` for the rest, with \
`inference` for the compatible APIs under `/v1`.

**Errors** are problems by RFC 9457 (`application/problem+json`) with a stable `code` and the `request_id` to ask for help with.

**Lists** take `limit` and `cursor` and answer `{data, next_cursor}`.

**Repeating safely.** Send an `Idempotency-Key` with a POST that creates; a repetition gets the first answer.

**Streams** are server-sent events in the AI SDK's UI message stream protocol, version 1. Each event has an `id`; \
send the last one as `Last-Event-ID` to go on where you were.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Parlance API", description = DESCRIPTION, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    servers((url = "/", description = "This server")),
    tags(
        (name = "Authentication", description = "Sign up, sign in, and the sessions that come of it"),
        (name = "API keys", description = "What programs call with, in place of a person who signs in"),
        (name = "Profile", description = "The person who is signed in"),
        (name = "Workspaces", description = "The tenant: its name, its members, their roles"),
        (name = "Audit log", description = "Who changed what in a workspace: searched, exported, and proved to be whole"),
        (name = "Single sign-on", description = "A workspace's own identity provider, and the domains that it speaks for"),
        (name = "Provisioning", description = "SCIM 2.0 for a workspace's directory (Okta, Entra ID, …), under `/scim/v2`. It has a token \
of its own, which `POST /api/v1/sso/scim/token` makes; bodies and errors are those of RFC 7643 and RFC 7644"),
        (name = "Models", description = "What can be talked to, and what it costs"),
        (name = "Routing", description = "A workspace's own names for models, its own keys of providers, and how providers do"),
        (name = "Conversations", description = "Threads of messages, kept as a tree"),
        (name = "Runs", description = "One generation each: started, streamed, stopped"),
        (name = "Sharing", description = "With whom conversations are shared, and how far"),
        (name = "Files", description = "Images that go with a message"),
        (name = "Events", description = "What changes, as it changes"),
        (name = "Compatible", description = "What the official SDKs of OpenAI and Anthropic call, under `/v1`. Bodies are as \
those vendors document them, and so are errors"),
        (name = "Usage", description = "The ledger of tokens and cost"),
        (name = "Budgets", description = "What may be spent in a period, and what was"),
        (name = "Guardrails", description = "What providers must not see, what is not answered, and what was decided"),
        (name = "Platform", description = "All tenants and users, for the administrators of this installation alone"),
        (name = "Instance", description = "This installation"),
    ),
    components(schemas(web::ProblemBody, web::FieldError, kernel::Code))
)]
struct Base;

/// The document that routes are added to.
pub fn base() -> Document {
    let mut document = Base::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document.components.get_or_insert_default().add_security_scheme(
        "bearer",
        SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build()),
    );
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("scim", SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).build()));
    document
}

/// Says of each operation which permission it needs: as `x-permission` for programs, and in its
/// description for people.
pub fn name_permissions(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let Some(permission) = permission(operation) else { continue };
            let text = format!("Needs the permission `{permission}`.");
            let description = operation.description.take().filter(|text| !text.trim().is_empty());
            operation.description =
                Some(description.map_or_else(|| text.clone(), |about| format!("{about}\n\n{text}")));
            let extension = ExtensionsBuilder::new().add("x-permission", permission).build();
            operation.extensions.get_or_insert_default().merge(extension);
        }
    }
}

/// The one that its security requirement names.
fn permission(operation: &Operation) -> Option<String> {
    let security = serde_json::to_value(operation.security.as_ref()?).ok()?;
    security.get(0)?.get("bearer")?.get(0)?.as_str().map(str::to_owned)
}
