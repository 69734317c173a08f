/**
 * Roles, and what they allow. The server decides; this keeps the pages from offering what would be
 * refused: what one may not do oneself can neither be given nor taken. Pure.
 */
import type { CustomRole, Permission, Role, WorkspaceRole } from "@parlance/api";

/** How a member, an invitation or a group holds a role. */
export interface Held {
  role: Role;
  custom_role: CustomRole | null;
}

/** What the API calls the role. */
export function choiceOf({ role, custom_role }: Held): string {
  return custom_role?.id ?? role;
}

/** Whether `mine` has everything that `theirs` has. */
export function covers(mine: readonly string[], theirs: readonly string[]): boolean {
  return theirs.every((permission) => mine.includes(permission));
}

/** The roles that somebody may give who may do `mine`, the most powerful first. */
export function assignable(
  roles: readonly WorkspaceRole[],
  mine: readonly string[],
): WorkspaceRole[] {
  return roles.filter((role) => covers(mine, role.permissions));
}

/** Whether somebody may change who has the role. Roles of the member's groups are the server's to judge. */
export function mayChange(
  roles: readonly WorkspaceRole[],
  mine: readonly string[],
  held: Held,
): boolean {
  const theirs = roles.find(({ id }) => id === choiceOf(held));
  return theirs !== undefined && covers(mine, theirs.permissions);
}

/** What a role can have at all: all but what is the owners' alone. */
export function grantable(roles: readonly WorkspaceRole[]): Permission[] {
  return roles.find(({ id }) => id === "admin")?.permissions ?? [];
}

export type Theme = "people" | "chat" | "costs" | "developers" | "other";

const THEMES: Record<Exclude<Theme, "other">, readonly string[]> = {
  people: ["workspace.", "members.", "groups.", "roles.", "sso.", "audit."],
  chat: ["chat.", "models."],
  costs: ["usage.", "budgets."],
  developers: ["keys.", "routes.", "connections.", "guardrails."],
};

export function themeOf(permission: string): Theme {
  for (const [theme, starts] of Object.entries(THEMES)) {
    if (starts.some((start) => permission.startsWith(start))) return theme as Theme;
  }
  return "other";
}

/** By theme, those that have any. */
export function byTheme<T extends string>(
  permissions: readonly T[],
): { theme: Theme; permissions: T[] }[] {
  return ([...Object.keys(THEMES), "other"] as Theme[])
    .map((theme) => ({
      theme,
      permissions: permissions.filter((permission) => themeOf(permission) === theme),
    }))
    .filter((group) => group.permissions.length > 0);
}
