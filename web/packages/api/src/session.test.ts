// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Session } from "./generated";

const user = { id: "user_1", name: "Linh" } as Session["user"];
const answer = (token: string, workspace = "ws_1"): Session => ({
  access_token: token,
  token_type: "Bearer",
  expires_in: 600,
  user,
  workspace: {
    id: workspace,
    name: workspace,
    personal: true,
    role: "owner",
    custom_role: null,
    created_at: "",
    suspended: false,
  },
  permissions: [],
  erases_at: null,
  impersonation: null,
});
const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ code, title: code, detail: code, status, type: "" }), { status });

const fetched = vi.fn<(input: RequestInfo | URL, init?: RequestInit) => Promise<Response>>();
const refreshes = () => fetched.mock.calls.filter(([input]) => String(input).endsWith("/refresh"));

let api: typeof import("./session") & typeof import("./fetch");

beforeEach(async () => {
  vi.resetModules();
  fetched.mockReset();
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("BroadcastChannel", undefined);
  api = { ...(await import("./session")), ...(await import("./fetch")) };
});

describe("the session", () => {
  test("is renewed once, however many ask", async () => {
    fetched.mockImplementation(async () => Response.json(answer("t1")));
    const all = await Promise.all([api.ensureSession(), api.ensureSession(), api.ensureSession()]);
    expect(all.map((session) => session?.access_token)).toEqual(["t1", "t1", "t1"]);
    expect(refreshes()).toHaveLength(1);
  });

  test("without a cookie there is none, and that isn't an expiry", async () => {
    fetched.mockResolvedValue(problem(401, "unauthenticated"));
    expect(await api.ensureSession()).toBeNull();
    expect(api.getSession().status).toBe("signed_out");
  });

  test("that was used from two places says so when it ends", async () => {
    fetched.mockImplementation(async () => Response.json(answer("t1")));
    await api.ensureSession();
    fetched.mockImplementation(async () => problem(401, "refresh_reused"));
    await expect(api.refresh()).rejects.toMatchObject({ code: "refresh_reused" });
    expect(api.getSession()).toEqual({ status: "expired", session: null, code: "refresh_reused" });
  });

  test("an unreachable server is an error, not a sign-out", async () => {
    fetched.mockRejectedValue(new TypeError("Failed to fetch"));
    await expect(api.ensureSession()).rejects.toMatchObject({ status: 0, code: "network" });
    expect(api.getSession().status).toBe("unknown");
  });

  test("a tab asks for its own workspace again", async () => {
    fetched.mockImplementation(async () => Response.json(answer("t2", "ws_2")));
    await api.switchWorkspace("ws_2");
    fetched.mockClear();
    await api.refresh();
    expect(JSON.parse(String(refreshes()[0]?.[1]?.body))).toEqual({ workspace: "ws_2" });
  });

  test("a remembered workspace that is gone doesn't lock anybody out", async () => {
    localStorage.setItem("parlance.workspace", "ws_gone");
    fetched
      .mockResolvedValueOnce(problem(404, "not_found"))
      .mockResolvedValueOnce(Response.json(answer("t1")));
    expect((await api.ensureSession())?.workspace.id).toBe("ws_1");
  });
});

describe("a request", () => {
  const get = () => api.apiFetch("/api/v1/me");
  const tokenOf = (call: number) =>
    (fetched.mock.calls[call]?.[0] as Request | undefined)?.headers.get("authorization");

  test("carries the token", async () => {
    api.startSession(answer("t1"));
    fetched.mockResolvedValue(Response.json({}));
    await get();
    expect(tokenOf(0)).toBe("Bearer t1");
  });

  test("is tried once more with a new token after a 401", async () => {
    api.startSession(answer("t1"));
    fetched
      .mockResolvedValueOnce(problem(401, "token_expired"))
      .mockResolvedValueOnce(Response.json(answer("t2")))
      .mockResolvedValueOnce(Response.json({ ok: true }));
    expect(await (await get()).json()).toEqual({ ok: true });
    expect(tokenOf(2)).toBe("Bearer t2");
  });

  test("that fails with 401 again isn't tried a third time", async () => {
    api.startSession(answer("t1"));
    fetched
      .mockResolvedValueOnce(problem(401, "token_expired"))
      .mockResolvedValueOnce(Response.json(answer("t2")))
      .mockResolvedValueOnce(problem(401, "unauthenticated"));
    await expect(get()).rejects.toMatchObject({ status: 401 });
    expect(fetched).toHaveBeenCalledTimes(3);
  });

  test("ends the session when the cookie is no longer good", async () => {
    api.startSession(answer("t1"));
    fetched.mockResolvedValue(problem(401, "refresh_reused"));
    await expect(get()).rejects.toMatchObject({ status: 401 });
    expect(api.getSession()).toMatchObject({ status: "expired", session: null });
  });

  test("renews a token that is about to end before it is sent", async () => {
    api.startSession({ ...answer("t1"), expires_in: 10 });
    fetched
      .mockResolvedValueOnce(Response.json(answer("t2")))
      .mockResolvedValueOnce(Response.json({}));
    await get();
    expect(tokenOf(1)).toBe("Bearer t2");
  });

  test("turns problems into errors with their fields and request id", async () => {
    fetched.mockResolvedValue(
      new Response(
        JSON.stringify({
          code: "invalid_body",
          title: "",
          detail: "no",
          status: 422,
          type: "",
          errors: [{ field: "email", code: "invalid", message: "bad" }],
        }),
        { status: 422, headers: { "x-request-id": "req_1", "retry-after": "7" } },
      ),
    );
    await expect(get()).rejects.toMatchObject({
      code: "invalid_body",
      requestId: "req_1",
      retryAfter: 7,
      errors: [{ field: "email" }],
    });
  });

  test("a proxy's page instead of a problem still is an error", async () => {
    fetched.mockResolvedValue(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    await expect(get()).rejects.toMatchObject({ status: 502, code: "unavailable" });
  });

  test("cancelling isn't a network failure", async () => {
    const stop = new AbortController();
    fetched.mockImplementation(async () => {
      stop.abort();
      throw stop.signal.reason;
    });
    await expect(api.apiFetch("/api/v1/me", { signal: stop.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  test("logging in never renews: its 401 is the answer", async () => {
    api.startSession(answer("t1"));
    fetched.mockResolvedValue(problem(401, "invalid_credentials"));
    await expect(api.apiFetch("/api/v1/auth/login", { method: "POST" })).rejects.toMatchObject({
      code: "invalid_credentials",
    });
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});
