/**
 * `fetch` with our manners: bearer token, one renewal and retry on 401, one proof and retry
 * where the server wants one (`step_up_required`, `proof_of_work_needed`), failures as `ApiError`.
 * A response that is returned is always ok; its body is unread, so streams pass through.
 */
import { networkError, problemOf, type ApiError } from "./error";
import { accessToken, getSession, refresh } from "./session";

/** Routes that work without a token; a 401 there is an answer, not a reason to renew. */
const PUBLIC = /\/api\/v1\/(auth\/(login|signup|refresh|logout)|invitations\/view|instance)$/;

export async function apiFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  let request = new Request(
    input instanceof Request ? input : new URL(input, globalThis.location.origin),
    init,
  );
  const open = PUBLIC.test(new URL(request.url).pathname);
  let token = open ? null : await accessToken();
  let renewed = false;
  let proved = false;
  for (;;) {
    const response = await send(request.clone(), token);
    if (response.ok) return response;
    if (response.status === 401 && token && !renewed) {
      renewed = true;
      token = (await refresh(token)).access_token;
      continue;
    }
    const error = await problemOf(response);
    const again = proved ? null : await prover(error, request);
    if (!again) throw error;
    proved = true;
    request = again;
    token &&= await accessToken();
  }
}

/** Has proved what an answer asks for, and gives the request to send again; null: it asks for no proof, or in vain. */
export type Prover = (error: ApiError, request: Request) => Promise<Request | null> | null;
let prover: Prover = () => null;

/** Who proves what the server wants proved. */
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
