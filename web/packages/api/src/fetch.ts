/**
 * `fetch` with our manners: bearer token, one renewal and retry on 401, failures as `ApiError`.
 * A response that is returned is always ok; its body is unread, so streams pass through.
 */
import { networkError, problemOf } from "./error";
import { accessToken, getSession, refresh } from "./session";

/** Routes that work without a token; a 401 there is an answer, not a reason to renew. */
const PUBLIC = /\/api\/v1\/(auth\/(login|signup|refresh|logout)|invitations\/view|instance)$/;

export async function apiFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(
    input instanceof Request ? input : new URL(input, globalThis.location.origin),
    init,
  );
  const open = PUBLIC.test(new URL(request.url).pathname);
  const token = open ? null : await accessToken();
  const again = token ? request.clone() : null;
  const response = await send(request, token);
  if (response.ok) return response;
  if (response.status === 401 && again && token) {
    const renewed = await refresh(token);
    const second = await send(again, renewed.access_token);
    if (second.ok) return second;
    throw await problemOf(second);
  }
  throw await problemOf(response);
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw networkError(cause);
  }
}

/** Whether a request would carry a token now. */
export function isSignedIn(): boolean {
  return getSession().status === "active";
}

/** A key for `Idempotency-Key`. `crypto.randomUUID` is missing outside secure contexts. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
