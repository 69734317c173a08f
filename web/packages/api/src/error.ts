/**
 * Failures of the API as one type. The server answers with RFC 9457 problems; a request that got no
 * answer (offline, refused, cut) becomes the same type with status 0 and code "network".
 */
import type { FieldError, Problem, ProofMethod } from "./generated";

/** What is known of a failure. The code may be one that only this side has, such as "network". */
type Answer = Partial<Omit<Problem, "code" | "type">> & { code?: string };

export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number;
  /** Stable code from the server's table, or "network". */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Quote it to support; empty when there was no answer. */
  readonly requestId: string;
  /** Per-field errors of an `invalid_body` problem. */
  readonly errors: FieldError[];
  /** With `step_up_required`: the ways in which the person can prove that it is them. */
  readonly methods: readonly ProofMethod[];
  /** With `proof_of_work_needed`: what has to be solved. */
  readonly challenge: unknown;
  /** Seconds to wait before trying again, when the server said so. */
  readonly retryAfter: number | null;

  constructor(problem: Answer, options?: { cause?: unknown; retryAfter?: number | null }) {
    super(problem.detail || problem.title || problem.code || "Request failed", {
      cause: options?.cause,
    });
    this.status = problem.status ?? 0;
    this.code = problem.code ?? "internal";
    this.title = problem.title ?? "";
    this.detail = problem.detail ?? "";
    this.requestId = problem.request_id ?? "";
    this.errors = problem.errors ?? [];
    this.methods = problem.methods ?? [];
    this.challenge = problem.challenge;
    this.retryAfter = options?.retryAfter ?? null;
  }

  /** Whether sending the same request again may succeed. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function isApiError(error: unknown, code?: string): error is ApiError {
  return error instanceof ApiError && (code === undefined || error.code === code);
}

export function networkError(cause: unknown): ApiError {
  return new ApiError({ status: 0, code: "network", title: "No connection" }, { cause });
}

/** Reads the problem of a response that is not ok. Consumes the body. */
export async function problemOf(response: Response): Promise<ApiError> {
  const retryAfter = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const options = { retryAfter: Number.isNaN(retryAfter) ? null : retryAfter };
  const requestId = response.headers.get("x-request-id") ?? "";
  try {
    const body: unknown = await response.json();
    if (body && typeof body === "object" && "code" in body) {
      return new ApiError(
        { request_id: requestId, ...(body as Answer), status: response.status },
        options,
      );
    }
  } catch {
    // Not a problem document: a proxy's page, or a cut connection. The status says enough.
  }
  const code = response.status >= 502 && response.status <= 504 ? "unavailable" : "internal";
  return new ApiError(
    { status: response.status, code, title: response.statusText, request_id: requestId },
    options,
  );
}
