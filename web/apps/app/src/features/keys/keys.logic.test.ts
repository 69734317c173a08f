import type { ApiKeyInfo } from "@parlance/api";
import { describe, expect, test } from "vitest";
import {
  bodyOf,
  byUse,
  EMPTY_FORM,
  endOfDay,
  formOf,
  isNetwork,
  keyStatus,
  localDay,
  maskSecret,
  readAddresses,
  toggleLine,
} from "./keys.logic";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const key = (change: Partial<ApiKeyInfo> = {}): ApiKeyInfo => ({
  id: "key_1",
  name: "Build server",
  prefix: "sk-parl-AbCd",
  scopes: ["read", "inference"],
  models: null,
  requests_per_minute: null,
  tokens_per_minute: null,
  allowed_ips: null,
  expires_at: null,
  created_at: "2026-11-01T00:00:00Z",
  last_used_at: null,
  revoked_at: null,
  user: { id: "user_1", name: "Ada", email: "ada@example.com" },
  ...change,
});

describe("status", () => {
  test.each([
    [{}, "active"],
    [{ expires_at: "2027-01-01T00:00:00Z" }, "active"],
    [{ expires_at: "2026-11-27T00:00:00Z" }, "expiring"],
    [{ expires_at: "2026-11-21T12:00:00Z" }, "expired"],
    [{ expires_at: "2027-01-01T00:00:00Z", revoked_at: "2026-11-20T00:00:00Z" }, "revoked"],
  ] as const)("%j is %s", (change, expected) => {
    expect(keyStatus(key(change), NOW)).toBe(expected);
  });

  test("keys that are over stand apart", () => {
    const revoked = key({ id: "key_2", revoked_at: "2026-11-20T00:00:00Z" });
    const { working, over } = byUse([revoked, key()], NOW);
    expect(working.map(({ id }) => id)).toEqual(["key_1"]);
    expect(over.map(({ id }) => id)).toEqual(["key_2"]);
  });
});

describe("addresses", () => {
  test.each([
    "203.0.113.7",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "::",
    "::1",
    "2001:db8::/32",
    "fe80::1:2:3:4/64",
    "1:2:3:4:5:6:7:8",
    "::ffff:192.0.2.1",
  ])("%s is one", (text) => expect(isNetwork(text)).toBe(true));
  test.each([
    "203.0.113",
    "256.0.0.1",
    "010.0.0.1",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::/129",
    "example.com",
    "12345::",
    "::1.2.3",
  ])("%s is none", (text) => expect(isNetwork(text)).toBe(false));

  test("each wrong line is named; comments and repetitions drop out", () => {
    expect(readAddresses("10.0.0.0/8\n\n office # ours\n10.0.0.0/8 # again\n::1")).toEqual({
      list: ["10.0.0.0/8", "::1"],
      wrong: [{ line: 3, text: "office" }],
    });
  });
});

describe("the form", () => {
  test("a new key has the presets' end", () => {
    const body = bodyOf({ ...EMPTY_FORM, name: " CI ", expiry: "30" }, NOW);
    expect(body).toEqual({
      name: "CI",
      scopes: ["inference"],
      models: null,
      requests_per_minute: null,
      tokens_per_minute: null,
      allowed_ips: null,
      expires_at: "2026-12-21T12:00:00.000Z",
    });
  });

  test("a key comes back from its form unchanged", () => {
    const original = key({
      models: ["openai/gpt-5.2", "fast"],
      requests_per_minute: 60,
      tokens_per_minute: 100_000,
      allowed_ips: ["10.0.0.0/8"],
      expires_at: "2027-02-03T04:05:06Z",
    });
    const { name, models, requests_per_minute, tokens_per_minute, allowed_ips, expires_at } =
      original;
    expect(bodyOf(formOf(original), NOW, original)).toEqual({
      name,
      scopes: ["inference", "read"],
      models,
      requests_per_minute,
      tokens_per_minute,
      allowed_ips,
      expires_at,
    });
  });

  test("models that were chosen don't count when all are meant", () => {
    const form = { ...EMPTY_FORM, models: "a/b", models_mode: "all" };
    expect(bodyOf(form, NOW).models).toBeNull();
    expect(bodyOf({ ...form, models_mode: "some" }, NOW).models).toEqual(["a/b"]);
  });

  test("a chosen day ends where the person is", () => {
    const end = endOfDay("2026-12-31");
    expect(end && localDay(end)).toBe("2026-12-31");
    expect(end?.getHours()).toBe(23);
    expect(endOfDay("2026-02-30")).toBeNull();
    expect(endOfDay("soon")).toBeNull();
  });

  test("lines are switched on and off", () => {
    expect(toggleLine("a\nb", "a", false)).toBe("b");
    expect(toggleLine("b", "a", true)).toBe("b\na");
    expect(toggleLine("", "a", true)).toBe("a");
  });
});

test("a masked secret shows its beginning only", () => {
  expect(maskSecret("sk-parl-AbCdEFGH")).toBe("sk-parl-AbCd••••");
});
