import { useLingui } from "@lingui/react/macro";
import type { AuditArea } from "./audit.logic";

/** What actions are called; one of a newer server shows as it is. */
export function useActionNames(): (action: string) => string {
  const { t } = useLingui();
  const names: Record<string, string> = {
    "login.succeeded": t`Signed in`,
    "session.logged_out": t`Signed out`,
    "workspace.created": t`Workspace made`,
    "workspace.renamed": t`Workspace renamed`,
    "workspace.transferred": t`Workspace handed on`,
    "workspace.deleted": t`Workspace deleted`,
    "workspace.restored": t`Workspace restored`,
    "workspace.plan_changed": t`Plan changed`,
    "member.added": t`Member added`,
    "member.left": t`Member left`,
    "member.removed": t`Member removed`,
    "member.role_changed": t`Role changed`,
    "invitation.created": t`Invitation sent`,
    "invitation.resent": t`Invitation sent again`,
    "invitation.revoked": t`Invitation taken back`,
    "invitation.accepted": t`Invitation accepted`,
    "role.created": t`Role made`,
    "role.updated": t`Role changed for all who have it`,
    "role.deleted": t`Role deleted`,
    "group.created": t`Group made`,
    "group.renamed": t`Group renamed`,
    "group.deleted": t`Group deleted`,
    "group.role_changed": t`Role of a group changed`,
    "group.member_added": t`Added to a group`,
    "group.member_removed": t`Taken out of a group`,
    "api_key.created": t`API key made`,
    "api_key.updated": t`API key changed`,
    "api_key.rotated": t`API key rotated`,
    "api_key.revoked": t`API key revoked`,
    "budget.created": t`Budget made`,
    "budget.updated": t`Budget changed`,
    "budget.deleted": t`Budget deleted`,
    "route.created": t`Route made`,
    "route.updated": t`Route changed`,
    "route.deleted": t`Route deleted`,
    "connection.created": t`Provider connected`,
    "connection.updated": t`Provider changed`,
    "connection.deleted": t`Provider disconnected`,
    "guardrails.updated": t`Guardrails changed`,
    "key_guardrails.updated": t`Guardrails of an API key changed`,
    "conversation.deleted": t`Conversation deleted`,
    "conversation.restored": t`Conversation restored`,
    "audit.exported": t`Audit log exported`,
  };
  return (action) => names[action] ?? action;
}

export function useAreaNames(): Record<AuditArea, string> {
  const { t } = useLingui();
  return {
    login: t`Sign-ins`,
    session: t`Sessions`,
    member: t`Members`,
    invitation: t`Invitations`,
    group: t`Groups`,
    role: t`Roles`,
    workspace: t`Workspace`,
    api_key: t`API keys`,
    budget: t`Budgets`,
    guardrails: t`Guardrails`,
    route: t`Routing`,
    connection: t`Providers`,
    conversation: t`Conversations`,
    audit: t`Audit log`,
  };
}
