/**
 * The signed-in session of this tab.
 *
 * Invariants: the access token lives in memory only; the refresh token is an HttpOnly cookie that the
 * browser shares between tabs and the server rotates, so at most one tab refreshes at a time
 * (Web Locks), and the others take the result from a broadcast. A tab stays in its own workspace.
 * Deliberately absent: routing and messages to the person; the app subscribes and decides.
 */
import { ApiError, networkError, problemOf } from "./error";
import type { Session } from "./generated";

export type SessionStatus = "unknown" | "active" | "signed_out" | "expired";
export interface SessionState {
  status: SessionStatus;
  session: Session | null;
  /** Why the server ended it, by its code, where it said. */
  code?: string;
}

type Broadcast = { type: "session"; session: Session; at: number } | { type: "signed_out" };

/** Renew this long before the token ends, so that a request never starts with a dying token. */
const LEEWAY_MS = 30_000;
const LOCK = "parlance-refresh";
const WORKSPACE_KEY = "parlance.workspace";
const HINT_KEY = "parlance.signed-in";

let state: SessionState = { status: "unknown", session: null };
let expiresAt = 0;
let refreshing: Promise<Session> | null = null;
let received: { session: Session; at: number } | null = null;
const listeners = new Set<() => void>();
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("parlance");

function set(next: SessionState) {
  state = next;
  for (const listener of listeners) listener();
}

function accept(session: Session, receivedAt = Date.now()) {
  expiresAt = receivedAt + session.expires_in * 1000;
  write(() => {
    sessionStorage.setItem(WORKSPACE_KEY, session.workspace.id);
    localStorage.setItem(WORKSPACE_KEY, session.workspace.id);
    localStorage.setItem(HINT_KEY, "1");
  });
  set({ status: "active", session });
}

function end(status: "signed_out" | "expired", code?: string) {
  expiresAt = 0;
  received = null;
  write(() => {
    localStorage.removeItem(HINT_KEY);
    sessionStorage.removeItem(WORKSPACE_KEY);
    if (status === "signed_out") localStorage.removeItem(WORKSPACE_KEY);
  });
  set(code === undefined ? { status, session: null } : { status, session: null, code });
}

/** Storage may be forbidden (private windows, policies); the session then lives in this tab alone. */
function write(action: () => void) {
  try {
    action();
  } catch {
    return;
  }
}

function read<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}

channel?.addEventListener("message", ({ data }: MessageEvent<Broadcast>) => {
  if (data.type === "signed_out") {
    if (state.status === "active") end("signed_out");
    return;
  }
  received = { session: data.session, at: data.at };
  const mine = state.session;
  if (mine && mine.user.id !== data.session.user.id) {
    // Another person signed in in another tab: the cookie is theirs now.
    accept(data.session, data.at);
  }
});

export function getSession(): SessionState {
  return state;
}

export function subscribeSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether this browser was signed in when last seen. A hint that saves a request, never a proof. */
export function hasSessionHint(): boolean {
  return read(() => localStorage.getItem(HINT_KEY)) === "1";
}

/** Says that the browser may come back with a session: from a provider that it leaves for. */
export function hintAtSession(): void {
  write(() => localStorage.setItem(HINT_KEY, "1"));
}

/** Begins a session from a login answer. */
export function startSession(session: Session): void {
  accept(session);
  channel?.postMessage({ type: "session", session, at: Date.now() } satisfies Broadcast);
}

/** Where the session is to begin, if the person is in that workspace; for a tab that is opened on one. */
export function preferWorkspace(workspaceId: string): void {
  write(() => sessionStorage.setItem(WORKSPACE_KEY, workspaceId));
}

/** Replaces the user inside the session after a profile change. */
export function patchSessionUser(user: Session["user"]): void {
  if (state.session) set({ ...state, session: { ...state.session, user } });
}

/** Notes that the account is to be deleted, or is not any more (null). */
export function patchSessionEnd(erases_at: string | null): void {
  if (state.session) set({ ...state, session: { ...state.session, erases_at } });
}

/** Replaces the workspace inside the session after it was renamed. */
export function patchSessionWorkspace(workspace: Session["workspace"]): void {
  if (state.session) set({ ...state, session: { ...state.session, workspace } });
}

/** Ends the session here and in the other tabs. Tells the server first, but does not depend on it. */
export async function endSession(): Promise<void> {
  const token = state.session?.access_token;
  try {
    await fetch("/api/v1/auth/logout", {
      method: "POST",
      headers: token ? { Authorization: `Bearer ${token}` } : {},
    });
  } finally {
    end("signed_out");
    channel?.postMessage({ type: "signed_out" } satisfies Broadcast);
  }
}

/** The session, renewed from the cookie if there is none yet. Null when nobody is signed in. */
export async function ensureSession(): Promise<Session | null> {
  if (state.session) return state.session;
  try {
    return await refresh();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** A token that is good for at least `LEEWAY_MS`, or null when nobody is signed in. */
export async function accessToken(): Promise<string | null> {
  if (!state.session) return null;
  if (Date.now() < expiresAt - LEEWAY_MS) return state.session.access_token;
  return (await refresh()).access_token;
}

/** Moves this tab to another workspace; null: to any that is open to the person. */
export async function switchWorkspace(workspaceId: string | null): Promise<Session> {
  await refreshing?.catch(() => undefined);
  return exchange(workspaceId, true);
}

/** Renews the session: one request at a time, over all tabs. `stale` is the token known to be bad. */
export function refresh(stale?: string): Promise<Session> {
  if (stale && state.session && state.session.access_token !== stale) {
    return Promise.resolve(state.session);
  }
  refreshing ??= locked(stale).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function locked(stale?: string): Promise<Session> {
  const asked = Date.now();
  const workspace = wantedWorkspace();
  const run = () => {
    if (
      received &&
      received.at >= asked &&
      received.session.access_token !== stale &&
      (!workspace || received.session.workspace.id === workspace)
    ) {
      accept(received.session, received.at);
      return Promise.resolve(received.session);
    }
    return exchange(workspace);
  };
  // Web Locks exist in secure contexts only; over plain HTTP on a LAN each tab is on its own.
  return navigator.locks ? navigator.locks.request(LOCK, run) : run();
}

function wantedWorkspace(): string | null {
  return (
    state.session?.workspace.id ??
    read(() => sessionStorage.getItem(WORKSPACE_KEY) ?? localStorage.getItem(WORKSPACE_KEY))
  );
}

async function exchange(workspace: string | null, deliberate = false): Promise<Session> {
  let response: Response;
  try {
    response = await fetch("/api/v1/auth/refresh", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(workspace ? { workspace } : {}),
    });
  } catch (cause) {
    throw networkError(cause);
  }
  if (response.ok) {
    const session = (await response.json()) as Session;
    accept(session);
    channel?.postMessage({ type: "session", session, at: Date.now() } satisfies Broadcast);
    return session;
  }
  const error = await problemOf(response);
  if (error.status === 401) {
    end(state.status === "active" ? "expired" : "signed_out", error.code);
  } else if (workspace && !deliberate && (error.status === 403 || error.status === 404)) {
    // The remembered workspace is gone or no longer ours: fall back to the person's first one.
    write(() => {
      sessionStorage.removeItem(WORKSPACE_KEY);
      localStorage.removeItem(WORKSPACE_KEY);
    });
    return exchange(null);
  }
  throw error;
}
