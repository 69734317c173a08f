/** The places of the app: which page an address means, and the address of a page. */
export const SETTINGS = [
  "profile",
  "appearance",
  "sessions",
  "security",
  "workspace",
  "groups",
  "profiles",
  "roles",
  "sso",
  "audit",
  "usage",
  "budgets",
  "guardrails",
  "keys",
  "routing",
  "providers",
] as const;
export type SettingsSection = (typeof SETTINGS)[number];

/** The pages that letters lead to, and those that lead to a letter. */
export const ACCOUNT = [
  "check-email",
  "verify-email",
  "change-email",
  "forgot-password",
  "reset-password",
  "sign-in-problem",
  "second-step",
  "single-sign-on",
] as const;
export type AccountStep = (typeof ACCOUNT)[number];

export type Place =
  | { page: "account"; step: AccountStep }
  | { page: "login" }
  | { page: "signup" }
  | { page: "chat"; conversationId: string | undefined }
  | { page: "settings"; section: SettingsSection }
  | { page: "invite"; token: string }
  | { page: "not_found" };

/** The workspace that an address of a signed-in page names: "/w/$workspaceId/c/$conversationId". */
export function workspaceOf(pathname: string): string | undefined {
  return /^\/w\/([^/]+)/.exec(pathname)?.[1];
}

/** The same place in a workspace: what a link can be shared as, and a tab opened again with. */
export function withinWorkspace(href: string, workspaceId: string): string {
  const { page } = readPlace(href.split("?")[0] ?? "/");
  const place = href.replace(/^\/w\/[^/]+\/?/, "/");
  return page === "chat" || page === "settings" ? `/w/${workspaceId}${place}` : href;
}

/** Reads a path. A slash at the end doesn't matter; "/settings" means the profile. */
export function readPlace(pathname: string): Place {
  const within = workspaceOf(pathname) !== undefined;
  const words = pathname
    .split("/")
    .filter(Boolean)
    .slice(within ? 2 : 0);
  const [first, second] = words;
  if (first === undefined) return { page: "chat", conversationId: undefined };
  if (words.length > 2) return { page: "not_found" };
  if (first === "c" && second) return { page: "chat", conversationId: second };
  if (first === "settings") {
    const section = second === undefined ? "profile" : SETTINGS.find((known) => known === second);
    return section ? { page: "settings", section } : { page: "not_found" };
  }
  if (within) return { page: "not_found" };
  if (first === "invite" && second) return { page: "invite", token: second };
  const step = second === undefined && ACCOUNT.find((known) => known === first);
  if (step) return { page: "account", step };
  if ((first === "login" || first === "signup") && second === undefined) return { page: first };
  return { page: "not_found" };
}

export interface Target {
  /** A path; `$name` stands for a parameter: "/c/$conversationId". */
  to: string;
  params?: Record<string, string>;
  search?: Record<string, string | undefined>;
}

export function hrefOf({ to, params = {}, search = {} }: Target): string {
  const path = to.replace(/\$(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
