//! Every error code that a caller of the API can meet, in one table.

/// Declares [`Code`]: `Name = "text", status, "title";`
macro_rules! codes {
    ($($name:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// A stable, machine-readable kind of error. Its text never changes once published.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as it stands in a problem response.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// A short summary for people, the same for each occurrence (RFC 9457 `title`).
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

codes! {
    InvalidJson = "invalid_json", 400, "The body is not valid JSON";
    InvalidQuery = "invalid_query", 400, "A query parameter is not valid";
    InvalidHeader = "invalid_header", 400, "A header is not valid";
    Unauthenticated = "unauthenticated", 401, "Sign in first";
    TokenExpired = "token_expired", 401, "The access token has expired";
    InvalidCredentials = "invalid_credentials", 401, "Wrong e-mail or password";
    RefreshInvalid = "refresh_invalid", 401, "The session has ended";
    RefreshReused = "refresh_reused", 401, "The session was ended because its token was used twice";
    BudgetExceeded = "budget_exceeded", 402, "A spend cap has been reached";
    Forbidden = "forbidden", 403, "Your role does not allow this";
    SsoRequired = "sso_required", 403, "Sign in with single sign-on";
    SignUpClosed = "sign_up_closed", 403, "Sign-up is closed here";
    ModelNotAllowed = "model_not_allowed", 403, "This model may not be used here";
    InvitationNeeded = "invitation_needed", 403, "Sign-up is by invitation here";
    ProofOfWorkNeeded = "proof_of_work_needed", 403, "Your browser has some work to do first";
    StepUpRequired = "step_up_required", 403, "Prove again that it is you";
    AddressNotAllowed = "address_not_allowed", 403, "This key may not be used from this address";
    WorkspaceDeleted = "workspace_deleted", 403, "This workspace has been deleted";
    WorkspaceSuspended = "workspace_suspended", 403, "This workspace is suspended";
    Impersonating = "impersonating", 403, "Not while acting as somebody else";
    InvitationForOther = "invitation_for_other", 403, "This invitation is for another address";
    InvalidPath = "invalid_path", 404, "There is nothing at this address";
    NotFound = "not_found", 404, "Not found";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take that method";
    RequestTimeout = "request_timeout", 408, "The request took too long to arrive";
    RoleInUse = "role_in_use", 409, "Somebody has this role";
    AlreadyMember = "already_member", 409, "This person is a member already";
    DomainUnverified = "domain_unverified", 409, "The domain is not verified";
    Conflict = "conflict", 409, "The request conflicts with what is stored";
    IdempotencyConflict = "idempotency_conflict", 409, "This idempotency key was used for another request";
    LastAdministrator = "last_administrator", 409, "An installation needs an administrator";
    LastSignIn = "last_sign_in", 409, "An account needs a way in";
    LastOwner = "last_owner", 409, "A workspace needs an owner";
    PersonalWorkspace = "personal_workspace", 409, "A personal workspace stays with its person";
    RunActive = "run_active", 409, "An answer is still being written";
    UsageConflict = "usage_conflict", 409, "This usage was recorded with other figures";
    ChallengeEnded = "challenge_ended", 410, "This has taken too long or was finished already";
    LinkInvalid = "link_invalid", 410, "This link does not work any more";
    InvitationEnded = "invitation_ended", 410, "This invitation has ended";
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", 415, "This type of content is not supported";
    PasskeyRefused = "passkey_refused", 422, "The passkey was not accepted";
    InvalidBody = "invalid_body", 422, "Some fields are not valid";
    UnknownModel = "unknown_model", 422, "There is no such model";
    ModelUnavailable = "model_unavailable", 422, "This model is not available";
    ContextTooLong = "context_too_long", 422, "The text is longer than the model can read";
    ModelUnpriced = "model_unpriced", 422, "This model has no price";
    UnsupportedParameter = "unsupported_parameter", 422, "The model does not take this parameter";
    ContentBlocked = "content_blocked", 422, "A guardrail stopped this";
    IdentityProviderFailed = "identity_provider_failed", 424, "The identity provider can't be used";
    QuotaExceeded = "quota_exceeded", 429, "The plan's quota is used up";
    RateLimited = "rate_limited", 429, "Too many requests";
    Internal = "internal", 500, "Something went wrong on our side";
    ProviderAuth = "provider_auth", 502, "The provider refused our key";
    ProviderRateLimited = "provider_rate_limited", 502, "The provider is limiting requests";
    ProviderOverloaded = "provider_overloaded", 502, "The provider is overloaded";
    ProviderTimeout = "provider_timeout", 502, "The provider did not answer in time";
    ProviderUnreachable = "provider_unreachable", 502, "The provider can't be reached";
    ProviderInvalidRequest = "provider_invalid_request", 502, "The provider refused the request";
    ProviderContentFilter = "provider_content_filter", 502, "The provider's content filter refused";
    ProviderProtocol = "provider_protocol", 502, "The provider sent something that can't be read";
    ProviderFailed = "provider_failed", 502, "The provider failed";
    Unavailable = "unavailable", 503, "Not available right now";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A stable, machine-readable kind of error"))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}
impl utoipa::ToSchema for Code {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code} stands twice");
            assert!((400..600).contains(&code.status()), "{code}");
        }
    }
}
