import type { Permission, WorkspaceRole } from "@parlance/api";
import { expect, test } from "vitest";
import { assignable, byTheme, choiceOf, grantable, mayChange } from "./roles.logic";

function role(id: string, permissions: Permission[]): WorkspaceRole {
  return {
    id,
    name: id,
    description: "",
    built_in: !id.startsWith("role_"),
    base: null,
    permissions,
    members: 0,
    groups: 0,
    created_at: null,
    updated_at: null,
  };
}

const ROLES = [
  role("owner", ["workspace.read", "workspace.delete", "members.manage", "audit.read"]),
  role("admin", ["workspace.read", "members.manage", "audit.read"]),
  role("member", ["workspace.read"]),
  role("role_auditor", ["audit.read"]),
];
const STAFF = ["workspace.read", "members.manage"];

test("nobody gives what they may not do", () => {
  expect(assignable(ROLES, STAFF).map(({ id }) => id)).toEqual(["member"]);
  expect(assignable(ROLES, ROLES[1]?.permissions ?? []).map(({ id }) => id)).toEqual([
    "admin",
    "member",
    "role_auditor",
  ]);
});

test("nobody changes who may do more", () => {
  expect(mayChange(ROLES, STAFF, { role: "member", custom_role: null })).toBe(true);
  expect(mayChange(ROLES, STAFF, { role: "admin", custom_role: null })).toBe(false);
  const auditor = { role: "guest", custom_role: { id: "role_auditor", name: "Auditor" } } as const;
  expect(choiceOf(auditor)).toBe("role_auditor");
  expect(mayChange(ROLES, STAFF, auditor)).toBe(false);
  expect(mayChange([], STAFF, auditor)).toBe(false);
});

test("a role can have what is not the owners' alone", () => {
  expect(grantable(ROLES)).not.toContain("workspace.delete");
});

test("permissions stand under their themes", () => {
  expect(byTheme(["audit.read", "chat.read", "bots.manage", "members.read"])).toEqual([
    { theme: "people", permissions: ["audit.read", "members.read"] },
    { theme: "chat", permissions: ["chat.read"] },
    { theme: "other", permissions: ["bots.manage"] },
  ]);
});
