import { expect, test } from "vitest";
import { hrefOf, readPlace, withinWorkspace, workspaceOf } from "./places.logic";

test.each([
  ["/", { page: "chat", conversationId: undefined }],
  ["/c/conv_1/", { page: "chat", conversationId: "conv_1" }],
  ["/settings", { page: "settings", section: "profile" }],
  ["/settings/usage", { page: "settings", section: "usage" }],
  ["/login", { page: "login" }],
  ["/verify-email", { page: "account", step: "verify-email" }],
  ["/reset-password/x", { page: "not_found" }],
  ["/invite/abc", { page: "invite", token: "abc" }],
  ["/invite", { page: "not_found" }],
  ["/c", { page: "not_found" }],
  ["/c/a/b", { page: "not_found" }],
  ["/settings/nope", { page: "not_found" }],
  ["/login/x", { page: "not_found" }],
  ["/whatever", { page: "not_found" }],
  ["/w/ws_1/", { page: "chat", conversationId: undefined }],
  ["/w/ws_1/c/conv_1", { page: "chat", conversationId: "conv_1" }],
  ["/w/ws_1/settings/usage", { page: "settings", section: "usage" }],
  ["/w/ws_1/login", { page: "not_found" }],
  ["/w", { page: "not_found" }],
])("%s", (path, place) => {
  expect(readPlace(path)).toEqual(place);
});

test("addresses fill in parameters and leave out what is absent", () => {
  expect(hrefOf({ to: "/c/$conversationId", params: { conversationId: "a/b" } })).toBe("/c/a%2Fb");
  expect(hrefOf({ to: "/login", search: { next: "/c/1?x=2", reason: undefined } })).toBe(
    "/login?next=%2Fc%2F1%3Fx%3D2",
  );
});

test.each([
  ["/", "/w/ws_1/"],
  ["/c/conv_1?x=1", "/w/ws_1/c/conv_1?x=1"],
  ["/w/ws_2/settings/usage", "/w/ws_1/settings/usage"],
  ["/w/ws_2", "/w/ws_1/"],
  ["/login", "/login"],
  ["/invite/abc", "/invite/abc"],
])("%s in a workspace", (href, within) => {
  expect(withinWorkspace(href, "ws_1")).toBe(within);
});

test("an address may name its workspace", () => {
  expect(workspaceOf("/w/ws_1/c/conv_1")).toBe("ws_1");
  expect(workspaceOf("/c/conv_1")).toBeUndefined();
});
