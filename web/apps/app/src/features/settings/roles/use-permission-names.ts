import { useLingui } from "@lingui/react/macro";
import type { Permission } from "@parlance/api";
import type { Theme } from "./roles.logic";

/** What permissions are called; one of a newer server shows as it is. */
export function usePermissionNames(): (permission: string) => string {
  const { t } = useLingui();
  const names: Partial<Record<Permission, string>> = {
    "workspace.read": t`See the workspace and its name`,
    "workspace.manage": t`Rename the workspace and change its settings`,
    "workspace.transfer": t`Hand the workspace on to another member`,
    "workspace.delete": t`Delete the workspace and restore it`,
    "audit.read": t`See who changed what, and export it`,
    "members.read": t`See who else is in the workspace`,
    "members.manage": t`Invite people, change roles and remove members`,
    "roles.read": t`See the roles and what they allow`,
    "roles.manage": t`Make roles, and give them to groups`,
    "groups.read": t`See the groups and who is in them`,
    "groups.manage": t`Make groups and choose who is in them`,
    "chat.read": t`Read one's own conversations`,
    "chat.write": t`Start conversations and send messages`,
    "chat.share": t`Share one's own conversations with others in the workspace`,
    "models.read": t`See the models that can be chosen`,
    "usage.read": t`See one's own usage and cost`,
    "usage.read_all": t`See everybody's usage and cost`,
    "budgets.read": t`See the workspace's budgets and one's own`,
    "budgets.manage": t`See and set everybody's budgets`,
    "keys.create": t`Make API keys of one's own`,
    "keys.manage": t`See, change and revoke everybody's API keys`,
    "routes.read": t`See the workspace's routes and how the providers do`,
    "routes.manage": t`Make and change the workspace's routes`,
    "sso.manage": t`Set the workspace's own identity provider and its domains`,
    "connections.manage": t`Set the workspace's own provider keys and deployments`,
    "guardrails.manage": t`See and set what providers must not see, and what was decided`,
  };
  return (permission) => names[permission as Permission] ?? permission;
}

export function useThemeNames(): Record<Theme, string> {
  const { t } = useLingui();
  return {
    people: t`People and the workspace`,
    chat: t`Chat`,
    costs: t`Usage and budgets`,
    developers: t`Keys, models and guardrails`,
    other: t`Other`,
  };
}
