/** Keys that programs call with. */
import { call, type Page } from "@/lib/api-call";

export type KeyScope = "inference" | "read" | "write";

export interface ApiKeyInfo {
  id: string;
  name: string;
  /** The first characters of the secret, to recognise it by. */
  prefix: string;
  scopes: KeyScope[];
  /** Ids of models and names of routes; null: all. */
  models: string[] | null;
  requests_per_minute: number | null;
  tokens_per_minute: number | null;
  /** Addresses and networks that it may come from; null: all. */
  allowed_ips: string[] | null;
  expires_at: string | null;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
  user: { id: string; name: string; email: string };
}

/** What can be chosen of a key. */
export interface KeyBody {
  name: string;
  scopes: KeyScope[];
  models: string[] | null;
  requests_per_minute: number | null;
  tokens_per_minute: number | null;
  allowed_ips: string[] | null;
  expires_at: string | null;
}

/** A key with its secret: the only answers that carry one. */
export interface NewApiKey {
  key: ApiKeyInfo;
  secret: string;
}

interface Signal {
  signal?: AbortSignal;
}
interface ById {
  path: { id: string };
}

export const listKeys = ({
  query,
  signal,
}: Signal & { query?: { limit?: number; cursor?: string } }) =>
  call<Page<ApiKeyInfo>>("GET", "/keys", { query, signal });

export const createKey = (options: { body: KeyBody }) => call<NewApiKey>("POST", "/keys", options);

export const updateKey = ({ path, body }: ById & { body: Partial<KeyBody> }) =>
  call<ApiKeyInfo>("PATCH", `/keys/${path.id}`, { body });

export const revokeKey = ({ path }: ById) => call<void>("DELETE", `/keys/${path.id}`);

export const rotateKey = ({ path, body }: ById & { body: { grace_seconds?: number } }) =>
  call<NewApiKey>("POST", `/keys/${path.id}/rotate`, { body });
