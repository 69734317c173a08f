import { expect, test } from "vitest";
import { SETTINGS } from "@/lib/places.logic";
import { settingsGroups } from "./groups.logic";

const EVERYTHING = [
  "groups.read",
  "members.manage",
  "roles.read",
  "sso.manage",
  "budgets.read",
  "guardrails.manage",
  "audit.read",
  "keys.create",
  "routes.read",
  "connections.manage",
];

test("every page has its place, once", () => {
  const all = settingsGroups(EVERYTHING).flatMap(({ sections }) => sections);
  expect(all.toSorted()).toEqual([...SETTINGS].toSorted());
});

test("a guest sees no empty group", () => {
  expect(settingsGroups([]).map(({ id }) => id)).toEqual(["personal", "workspace"]);
});

test("one of two permissions opens a page", () => {
  const developers = settingsGroups(["connections.manage"]).find(({ id }) => id === "developers");
  expect(developers?.sections).toEqual(["providers"]);
});
