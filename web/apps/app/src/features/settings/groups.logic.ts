/** The settings pages by whom they concern, as far as a role opens them. Pure. */
import type { SettingsSection } from "@/lib/places.logic";

export type SettingsGroup = "personal" | "workspace" | "developers";

const GROUPS: { id: SettingsGroup; sections: SettingsSection[] }[] = [
  { id: "personal", sections: ["profile", "appearance", "sessions", "security"] },
  {
    id: "workspace",
    sections: [
      "workspace",
      "groups",
      "roles",
      "profiles",
      "sso",
      "usage",
      "budgets",
      "guardrails",
      "audit",
    ],
  },
  { id: "developers", sections: ["keys", "routing", "providers"] },
];

/** Any one of these permissions opens the page; a page that isn't here is everybody's. */
export const OPENED_BY: Partial<Record<SettingsSection, readonly string[]>> = {
  groups: ["groups.read"],
  profiles: ["members.manage"],
  roles: ["roles.read"],
  sso: ["sso.manage"],
  audit: ["audit.read"],
  budgets: ["budgets.read"],
  guardrails: ["guardrails.manage"],
  keys: ["keys.create"],
  routing: ["routes.read"],
  providers: ["routes.read", "connections.manage"],
};

export function opens(section: SettingsSection, permissions: readonly string[]): boolean {
  return OPENED_BY[section]?.some((permission) => permissions.includes(permission)) ?? true;
}

/** Groups with at least one page. */
export function settingsGroups(
  permissions: readonly string[],
): { id: SettingsGroup; sections: SettingsSection[] }[] {
  return GROUPS.map(({ id, sections }) => ({
    id,
    sections: sections.filter((section) => opens(section, permissions)),
  })).filter(({ sections }) => sections.length > 0);
}
