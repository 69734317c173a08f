import { expect, test } from "vitest";
import { hasRunOut, isFor, linkOf } from "./invitations.logic";

test("a link is a whole address", () => {
  expect(linkOf("/invite/abc", "https://chat.example.com")).toBe(
    "https://chat.example.com/invite/abc",
  );
});

test("an invitation runs out at its end", () => {
  const invitation = { expires_at: "2026-11-21T12:00:00Z" };
  expect(hasRunOut(invitation, Date.parse("2026-11-21T11:59:59Z"))).toBe(false);
  expect(hasRunOut(invitation, Date.parse("2026-11-21T12:00:00Z"))).toBe(true);
});

test("the case of an address does not matter, and a link is for anybody", () => {
  expect(isFor("Mai@Example.com ", "mai@example.com")).toBe(true);
  expect(isFor("mai@example.com", "ann@example.com")).toBe(false);
  expect(isFor(null, "ann@example.com")).toBe(true);
});
