/**
 * `fetch` with our manners: bearer token, one renewal and retry on 401, one proof of who it is and retry
 * on `step_up_required`, failures as `ApiError`.
 * A response that is returned is always ok; its body is unread, so streams pass through.
 */
import { networkError, problemOf } from "./error";
import type { ProofMethod } from "./generated";
import { accessToken, getSession, refresh } from "./session";

/** Routes that work without a token; a 401 there is an answer, not a reason to renew. */
const PUBLIC = /\/api\/v1\/(auth\/(login|signup|refresh|logout)|invitations\/view|instance)$/;

export async function apiFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(
    input instanceof Request ? input : new URL(input, globalThis.location.origin),
    init,
  );
  const open = PUBLIC.test(new URL(request.url).pathname);
  let token = open ? null : await accessToken();
  let renewed = false;
  let proved = false;
  for (;;) {
    const response = await send(token ? request.clone() : request, token);
    if (response.ok) return response;
    if (response.status === 401 && token && !renewed) {
      renewed = true;
      token = (await refresh(token)).access_token;
      continue;
    }
    const error = await problemOf(response);
    if (error.code !== "step_up_required" || !token || proved) throw error;
    proved = true;
    if (!(await prover(error.methods))) throw error;
    token = await accessToken();
  }
}

/** Asks the person to prove that it is them; false: they would rather not. */
export type Prover = (methods: readonly ProofMethod[]) => Promise<boolean>;
let prover: Prover = () => Promise.resolve(false);

/** What asks when the server wants a proof; the request is sent again after one. */
export function setProver(ask: Prover): void {
  prover = ask;
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
