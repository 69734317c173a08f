//! Who changed what, when and from where.
//!
//! An [`Entry`] says what happened; [`Audit::record`] writes it in the transaction of the change, so that
//! neither is there without the other. Who acted stands in the [`Origin`] of the request, the job or the
//! command, which is around all of it; a call site says nothing about it.

use std::{
    fmt,
    future::Future,
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use database::Tx;
use kernel::{ApiKeyId, Id, Prefix, TenantScope, UserId, WorkspaceId};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Declares [`Action`]: `Name = "text", "meaning";`
macro_rules! actions {
    ($($name:ident = $text:literal, $meaning:literal;)*) => {
        /// What happened. Its text never changes once published: exports and their readers rest on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $(#[doc = $meaning] $name,)* }

        impl Action {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// One line for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),* }
            }
        }
    };
}

actions! {
    LoginSucceeded = "login.succeeded", "Somebody signed in";
    LoginFailed = "login.failed", "Somebody tried to sign in and could not";
    LoginSecondFactorFailed = "login.second_factor_failed", "A password was right, and the second factor was not";
    SessionProved = "session.proved", "Somebody proved again that it is them";
    SessionLoggedOut = "session.logged_out", "Somebody signed out";
    SessionRevoked = "session.revoked", "A session was ended from another one";
    SessionsRevoked = "session.others_revoked", "All other sessions of a user were ended";
    SessionReused = "session.refresh_reused", "A refresh token came twice, and its session was ended";
    UserCreated = "user.created", "An account was made";
    UserDisabled = "user.disabled", "An account was disabled";
    UserEnabled = "user.enabled", "An account was enabled again";
    UserPromoted = "user.promoted", "A user was made an administrator of the platform";
    UserDemoted = "user.demoted", "An administrator of the platform was made an ordinary user";
    UserSessionsRevoked = "user.sessions_revoked", "An administrator of the platform ended all sessions of a user";
    UserPasswordResetForced = "user.password_reset_forced", "An administrator of the platform made a password worth nothing";
    ImpersonationBegan = "impersonation.began", "An administrator of the platform began to act as somebody else";
    ImpersonationEnded = "impersonation.ended", "An administrator of the platform ended to act as somebody else";
    PlatformSetUp = "platform.set_up", "The first administrator of the platform was made by a printed link";
    UserEmailVerified = "user.email_verified", "An address was proved";
    UserEmailChangeRequested = "user.email_change_requested", "Another address was asked for";
    UserEmailChanged = "user.email_changed", "An account has another address";
    UserPasswordChanged = "user.password_changed", "A password was replaced";
    UserResetRequested = "user.reset_requested", "A letter for a new password was asked for";
    UserPasswordReset = "user.password_reset", "A password was set by the link of a letter, or by the operator";
    UserDeletionAsked = "user.deletion_asked", "An account is to be deleted";
    UserDeletionTakenBack = "user.deletion_taken_back", "An account is not to be deleted after all";
    UserErased = "user.erased", "All that was personal about an account is gone";
    UserExported = "user.exported", "Somebody took all that is kept of them along";
    SecondFactorAdded = "second_factor.added", "An authenticator app or a passkey was added";
    SecondFactorRemoved = "second_factor.removed", "An authenticator app or a passkey was removed";
    RecoveryCodesRenewed = "recovery_codes.renewed", "New recovery codes took the place of the old ones";
    RecoveryCodeUsed = "recovery_code.used", "A recovery code stood in for a second factor";
    UserHandedOver = "user.handed_over", "An account went to whoever proved its address by another provider";
    IdentityLinked = "identity.linked", "An account elsewhere was connected";
    IdentityUnlinked = "identity.unlinked", "An account elsewhere was disconnected";
    SsoUpdated = "sso.updated", "Single sign-on was set";
    SsoDeleted = "sso.deleted", "Single sign-on was taken away";
    SsoDomainAdded = "sso_domain.added", "A domain was added to single sign-on";
    SsoDomainVerified = "sso_domain.verified", "A domain was found in DNS";
    SsoDomainDeleted = "sso_domain.deleted", "A domain was taken away from single sign-on";
    ScimTokenCreated = "scim_token.created", "A token for the workspace's directory was made; the one before is void";
    ScimDisabled = "scim.disabled", "The workspace's directory was shut out";
    ScimUserUpdated = "scim_user.updated", "The directory has taken somebody on, or says something else of them";
    ScimUserDeleted = "scim_user.deleted", "The directory has deleted somebody";
    SigningKeyRotated = "signing_key.rotated", "Access tokens are signed with a new key";
    WorkspaceCreated = "workspace.created", "A workspace was made";
    WorkspaceRenamed = "workspace.renamed", "A workspace has another name";
    WorkspaceTransferred = "workspace.transferred", "A workspace was handed on to another owner";
    WorkspaceDeleted = "workspace.deleted", "A workspace was closed, to be purged";
    WorkspaceRestored = "workspace.restored", "A deleted workspace was opened again";
    WorkspaceSuspended = "workspace.suspended", "An administrator of the platform closed a workspace for now";
    WorkspaceResumed = "workspace.resumed", "A suspended workspace was opened again";
    WorkspacePurged = "workspace.purged", "A deleted workspace is gone for good";
    WorkspacePlanChanged = "workspace.plan_changed", "A workspace has another plan";
    MemberAdded = "member.added", "Somebody was made a member";
    MemberLeft = "member.left", "A member left by themselves";
    MemberRemoved = "member.removed", "A member was removed";
    MemberRoleChanged = "member.role_changed", "A member has another role";
    MemberProfileUpdated = "member_profile.updated", "A member's attributes were changed";
    ProfileSchemaUpdated = "profile_schema.updated", "What members' attributes must follow was changed";
    RoleCreated = "role.created", "A role was made";
    RoleUpdated = "role.updated", "A role allows other things, or has another name";
    RoleDeleted = "role.deleted", "A role was deleted";
    InvitationCreated = "invitation.created", "Somebody was invited";
    InvitationResent = "invitation.resent", "An invitation was sent again";
    InvitationRevoked = "invitation.revoked", "An invitation was taken back";
    InvitationAccepted = "invitation.accepted", "Somebody came in by an invitation";
    GroupCreated = "group.created", "A group was made";
    GroupRenamed = "group.renamed", "A group has another name";
    GroupDeleted = "group.deleted", "A group was deleted";
    GroupRoleChanged = "group.role_changed", "A group gives another role, or none";
    GroupMemberAdded = "group.member_added", "A member was put into a group";
    GroupMemberRemoved = "group.member_removed", "A member was taken out of a group";
    ApiKeyCreated = "api_key.created", "An API key was made";
    ApiKeyUpdated = "api_key.updated", "An API key may do other things";
    ApiKeyRotated = "api_key.rotated", "An API key has another secret";
    ApiKeyRevoked = "api_key.revoked", "An API key was revoked";
    BudgetCreated = "budget.created", "A budget was set";
    BudgetUpdated = "budget.updated", "A budget was changed";
    BudgetDeleted = "budget.deleted", "A budget was deleted";
    RouteCreated = "route.created", "A route of models was made";
    RouteUpdated = "route.updated", "A route of models was changed";
    RouteDeleted = "route.deleted", "A route of models was deleted";
    ConnectionCreated = "connection.created", "A provider's key was brought";
    ConnectionUpdated = "connection.updated", "A connection to a provider was changed";
    ConnectionDeleted = "connection.deleted", "A connection to a provider was deleted";
    GuardrailsUpdated = "guardrails.updated", "The workspace's guardrails were set";
    KeyGuardrailsUpdated = "key_guardrails.updated", "An API key's guardrails were set or taken away";
    ConversationDeleted = "conversation.deleted", "A conversation was deleted";
    ConversationRestored = "conversation.restored", "A deleted conversation was restored";
    ConversationShared = "conversation.shared", "A conversation was shared with somebody";
    ConversationShareChanged = "conversation.share_changed", "A conversation is shared with somebody to do more, or less";
    ConversationUnshared = "conversation.unshared", "A conversation is not shared with somebody any more";
    AuditExported = "audit.exported", "The audit log was exported";
}

impl Action {
    /// The action of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == name)
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl utoipa::PartialSchema for Action {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("What happened"))
            .enum_values(Some(Self::ALL.iter().map(|action| action.as_str())))
            .into()
    }
}
impl utoipa::ToSchema for Action {}

/// What an entry is about: a kind of thing, and which one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub kind: &'static str,
    /// As the API shows it.
    pub id: String,
}

impl Subject {
    /// Something whose name is not an [`Id`].
    pub fn named(kind: &'static str, id: impl fmt::Display) -> Self {
        Self { kind, id: id.to_string() }
    }
}

impl<P: Prefix> From<Id<P>> for Subject {
    fn from(id: Id<P>) -> Self {
        let kind = match P::PREFIX {
            "ws" => "workspace",
            "sess" => "session",
            "key" => "api_key",
            "grp" => "group",
            "inv" => "invitation",
            "conv" => "conversation",
            "pc" => "connection",
            prefix => prefix,
        };
        Self { kind, id: id.to_string() }
    }
}

/// What happened, to what, and how it was before and after. It holds no secret: no password, key,
/// token, code, or anything that opens something, not even as a hash.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub action: Action,
    /// None: it concerns the platform.
    pub workspace: Option<WorkspaceId>,
    pub subject: Option<Subject>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// Who did it, where the request can't say it: it is what signs them in.
    pub by: Option<UserId>,
}

impl Entry {
    /// Of the platform. The transaction must be of platform scope.
    pub const fn platform(action: Action) -> Self {
        Self { action, workspace: None, subject: None, before: None, after: None, by: None }
    }

    /// Of a workspace: its administrators see it.
    pub fn of(action: Action, scope: &TenantScope) -> Self {
        Self { workspace: Some(scope.workspace()), ..Self::platform(action) }
    }

    #[must_use]
    pub fn about(self, subject: impl Into<Subject>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// How it was. Only what the action is about.
    #[must_use]
    pub fn before(self, state: Value) -> Self {
        Self { before: Some(state), ..self }
    }

    /// How it is now.
    #[must_use]
    pub fn after(self, state: Value) -> Self {
        Self { after: Some(state), ..self }
    }

    #[must_use]
    pub fn by(self, user: UserId) -> Self {
        Self { by: Some(user), ..self }
    }
}

/// The book that entries are written in.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Writes the entry in the caller's transaction, as its last act where that is possible: entries of
    /// one workspace stand one after the other, so whoever writes one waits for whoever wrote before.
    async fn record(&self, tx: &mut Tx, entry: Entry) -> Result<(), database::Error>;
}

/// Where nothing is written down: for tests of something else.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAudit;

#[async_trait]
impl Audit for NoAudit {
    async fn record(&self, _: &mut Tx, _: Entry) -> Result<(), database::Error> {
        Ok(())
    }
}

/// Whoever proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    /// The API key that they called with.
    pub key: Option<ApiKeyId>,
    /// The administrator who acts in the user's name.
    pub impersonator: Option<UserId>,
}

/// What kind of thing acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Somebody who is signed in, or signs in.
    User,
    /// A program with somebody's API key.
    ApiKey,
    /// A request of nobody in particular.
    Anonymous,
    /// Parlance by itself, or another system that was let in.
    System,
    /// Whoever is at the server's command line.
    Operator,
}

impl ActorKind {
    pub const ALL: [Self; 5] = [Self::User, Self::ApiKey, Self::Anonymous, Self::System, Self::Operator];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::Anonymous => "anonymous",
            Self::System => "system",
            Self::Operator => "operator",
        }
    }

    /// The kind of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

tokio::task_local! {
    static ORIGIN: Arc<Origin>;
}

/// Where what is being done comes from: a request, a job, a command.
#[derive(Debug)]
pub struct Origin {
    /// Who acts as long as nobody has proved to be somebody.
    kind: ActorKind,
    /// The job, the command or the system.
    name: Option<String>,
    ip: Option<IpAddr>,
    user_agent: Option<String>,
    request_id: Option<String>,
    caller: OnceLock<Caller>,
}

impl Origin {
    /// A request. Who makes it is found out on its way.
    pub fn request(id: String, ip: IpAddr, user_agent: Option<String>) -> Self {
        Self { ip: Some(ip), user_agent, request_id: Some(id), ..Self::new(ActorKind::Anonymous, None) }
    }

    /// Work that nobody asked for just now, by the name of the job.
    pub fn system(name: &str) -> Self {
        Self::new(ActorKind::System, Some(name.to_owned()))
    }

    /// A command on the server, such as `parlance user create`.
    pub fn operator(command: &str) -> Self {
        Self::new(ActorKind::Operator, Some(command.to_owned()))
    }

    /// The same request, now that another system has shown that it may act.
    #[must_use]
    pub fn of_system(&self, name: &str) -> Self {
        Self {
            ip: self.ip,
            user_agent: self.user_agent.clone(),
            request_id: self.request_id.clone(),
            ..Self::system(name)
        }
    }

    const fn new(kind: ActorKind, name: Option<String>) -> Self {
        Self { kind, name, ip: None, user_agent: None, request_id: None, caller: OnceLock::new() }
    }

    /// Runs `work` as coming from here.
    pub async fn around<F: Future>(self, work: F) -> F::Output {
        ORIGIN.scope(Arc::new(self), work).await
    }

    /// Takes the origin along into a task that is spawned: a spawned task has none of its own.
    pub fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
        let here = Self::here();
        async move { ORIGIN.scope(here, work).await }
    }

    /// Says who makes the request, once they have proved it. The first word counts.
    pub fn is_called_by(caller: Caller) {
        let _ = ORIGIN.try_with(|origin| origin.caller.set(caller));
    }

    /// The request's, the job's or the command's that is being worked on.
    pub fn here() -> Arc<Self> {
        ORIGIN.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Self::new(ActorKind::System, None)))
    }

    pub fn caller(&self) -> Option<Caller> {
        self.caller.get().copied()
    }

    pub fn kind(&self) -> ActorKind {
        match self.caller() {
            Some(Caller { key: Some(_), .. }) => ActorKind::ApiKey,
            Some(_) => ActorKind::User,
            None => self.kind,
        }
    }

    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_apart() {
        let mut seen = std::collections::HashSet::new();
        for action in Action::ALL {
            assert!(seen.insert(action.as_str()), "{} stands twice", action.as_str());
            assert_eq!(Action::from_name(action.as_str()), Some(*action));
            assert!(action.as_str().split_once('.').is_some_and(|(area, verb)| !area.is_empty() && !verb.is_empty()));
        }
    }

    #[tokio::test]
    async fn an_origin_is_around_what_is_done_and_goes_along_when_asked() {
        assert_eq!(Origin::here().kind(), ActorKind::System);
        let user = UserId::from_uuid(uuid::Uuid::nil());
        let request = Origin::request("req_1".to_owned(), IpAddr::from([192, 0, 2, 1]), None);
        request
            .around(async {
                assert_eq!(Origin::here().kind(), ActorKind::Anonymous);
                Origin::is_called_by(Caller { user, key: None, impersonator: None });
                assert_eq!((Origin::here().kind(), Origin::here().request_id()), (ActorKind::User, Some("req_1")));
                let carried = Origin::carry(async { Origin::here().caller() });
                assert_eq!(Origin::system("a job").around(carried).await.map(|caller| caller.user), Some(user));
            })
            .await;
    }
}
