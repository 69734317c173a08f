/** Routes (model names of the workspace's own), connections to providers, and how providers fare. */
import { call, type Page } from "@/lib/api-call";

export type Strategy = "ordered" | "weighted";

/** When a target may be chosen; a condition that is absent or null always holds. */
export interface When {
  max_input_tokens?: number | null;
  needs_vision?: boolean | null;
  needs_tools?: boolean | null;
  stream?: boolean | null;
}

export interface RouteTarget {
  model: string;
  weight: number;
  when: When | null;
}

export interface Route {
  id: string;
  name: string;
  description: string;
  strategy: Strategy;
  targets: RouteTarget[];
  abort_on_disconnect: boolean;
  created_at: string;
  updated_at: string;
}

export type RouteBody = Omit<Route, "id" | "created_at" | "updated_at">;

/** Dollars for a million tokens. */
export interface DeploymentPrices {
  input: string;
  output: string;
  cached_input: string | null;
}

export interface Deployment {
  name: string;
  display_name: string | null;
  context_window: number | null;
  max_output_tokens: number | null;
  prices: DeploymentPrices | null;
}

export interface Connection {
  id: string;
  provider: string;
  name: string;
  base_url: string | null;
  /** The end of the key, to recognise it by. */
  key_hint: string | null;
  enabled: boolean;
  models: Deployment[];
  created_at: string;
}

export interface ConnectionBody {
  provider: string;
  name: string;
  base_url: string | null;
  /** Written only: the server never gives it back. Absent in a change: it stays. */
  key?: string;
  enabled: boolean;
  models: Deployment[];
}

export interface ConnectionTest {
  ok: boolean;
  /** What happened, in a sentence. */
  message: string;
  latency_ms: number;
}

export interface ProviderHealth {
  provider: string;
  /** The provider's, or that of the workspace's connection. */
  name: string;
  /** Of its circuit breaker: closed is well, open is paused, half open is being tried. */
  state: "closed" | "open" | "half_open";
  /** Of the last calls; how far back is the operator's choice. */
  failures: number;
  successes: number;
  /** A code. */
  last_error: string | null;
  opens_until: string | null;
  latency_ms_p50: number | null;
}

interface Signal {
  signal?: AbortSignal;
}
interface Paged {
  query?: { limit?: number; cursor?: string };
}
interface ById {
  path: { id: string };
}
type Headers = { headers?: Record<string, string> };

export const listRoutes = (options: Signal & Paged) => call<Page<Route>>("GET", "/routes", options);
export const createRoute = (options: Headers & { body: RouteBody }) =>
  call<Route>("POST", "/routes", options);
export const updateRoute = ({ path, body }: ById & { body: Partial<RouteBody> }) =>
  call<Route>("PATCH", `/routes/${path.id}`, { body });
export const deleteRoute = ({ path }: ById) => call<void>("DELETE", `/routes/${path.id}`);

export const listConnections = (options: Signal & Paged) =>
  call<Page<Connection>>("GET", "/connections", options);
export const createConnection = (options: Headers & { body: ConnectionBody }) =>
  call<Connection>("POST", "/connections", options);
export const updateConnection = ({ path, body }: ById & { body: Partial<ConnectionBody> }) =>
  call<Connection>("PATCH", `/connections/${path.id}`, { body });
export const deleteConnection = ({ path }: ById) => call<void>("DELETE", `/connections/${path.id}`);
export const testConnection = ({ path }: ById) =>
  call<ConnectionTest>("POST", `/connections/${path.id}/test`);

export const providerHealth = ({ signal }: Signal = {}) =>
  call<{ data: ProviderHealth[] }>("GET", "/providers/health", { signal });
