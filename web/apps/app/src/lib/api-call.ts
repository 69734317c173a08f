/**
 * A call to the product API by method and path, for endpoints that the generated client doesn't have
 * yet. Same manners as the generated functions: resolves to the data, rejects with `ApiError`.
 */
import { apiFetch } from "@parlance/api";

type Scalar = string | number | boolean | null | undefined;

export interface CallOptions {
  query?: Record<string, Scalar>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** All of a list that is short enough to be shown whole. */
export async function everyPage<T>(read: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    all.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

export async function call<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  { query = {}, body, headers, signal }: CallOptions = {},
): Promise<T> {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) words.set(name, String(value));
  }
  const search = words.size > 0 ? `?${words}` : "";
  const response = await apiFetch(`/api/v1${path}${search}`, {
    method,
    signal,
    headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (response.status === 204 ? undefined : await response.json()) as T;
}
