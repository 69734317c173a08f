/** What a key's form and row need to know. Pure. */
import type { ApiKeyInfo, CreateKeyRequest, KeyScope } from "@parlance/api";
import { readCount } from "@/lib/decimal";

/** What can be chosen of a key, all of it said. */
export type KeyBody = Required<CreateKeyRequest>;

const DAY_MS = 86_400_000;
const SOON_MS = 7 * DAY_MS;

export type KeyStatus = "active" | "expiring" | "expired" | "revoked";

export function keyStatus(
  key: Pick<ApiKeyInfo, "revoked_at" | "expires_at">,
  now: number,
): KeyStatus {
  if (key.revoked_at !== null) return "revoked";
  if (key.expires_at === null) return "active";
  const left = Date.parse(key.expires_at) - now;
  if (left <= 0) return "expired";
  return left <= SOON_MS ? "expiring" : "active";
}

/** Those that work first, then the rest; each in the order given. */
export function byUse<T extends Pick<ApiKeyInfo, "revoked_at" | "expires_at">>(
  keys: readonly T[],
  now: number,
): { working: T[]; over: T[] } {
  const working: T[] = [];
  const over: T[] = [];
  for (const key of keys) {
    const status = keyStatus(key, now);
    (status === "active" || status === "expiring" ? working : over).push(key);
  }
  return { working, over };
}

const SCOPES: readonly KeyScope[] = ["inference", "read", "write"];

export type ExpiryPreset = "30" | "90" | "365" | "none" | "custom";

/** The form as `useForm` holds it: text only; lists are lines. */
export type KeyForm = {
  name: string;
  scopes: string;
  models: string;
  /** Whether `models` counts: "all" or "some". */
  models_mode: string;
  expiry: string;
  expires_at: string;
  requests_per_minute: string;
  tokens_per_minute: string;
  allowed_ips: string;
  cap: string;
  cap_period: string;
};

export const EMPTY_FORM: KeyForm = {
  name: "",
  scopes: "inference",
  models: "",
  models_mode: "all",
  expiry: "90",
  expires_at: "",
  requests_per_minute: "",
  tokens_per_minute: "",
  allowed_ips: "",
  cap: "",
  cap_period: "month",
};

/** The form of a key that exists. Its end is a date of its own, whatever it was made with. */
export function formOf(key: ApiKeyInfo): KeyForm {
  return {
    ...EMPTY_FORM,
    name: key.name,
    scopes: SCOPES.filter((scope) => key.scopes.includes(scope)).join("\n"),
    models: (key.models ?? []).join("\n"),
    models_mode: key.models === null ? "all" : "some",
    expiry: key.expires_at === null ? "none" : "custom",
    expires_at: key.expires_at === null ? "" : localDay(new Date(key.expires_at)),
    requests_per_minute: String(key.requests_per_minute ?? ""),
    tokens_per_minute: String(key.tokens_per_minute ?? ""),
    allowed_ips: (key.allowed_ips ?? []).join("\n"),
  };
}

/** What the server is asked for. The form has been checked. `before`: the key that is being changed. */
export function bodyOf(form: KeyForm, now: number, before?: ApiKeyInfo): KeyBody {
  const addresses = readAddresses(form.allowed_ips).list;
  return {
    name: form.name.trim(),
    scopes: lines(form.scopes) as KeyScope[],
    models: form.models_mode === "all" ? null : lines(form.models),
    requests_per_minute: readCount(form.requests_per_minute) ?? null,
    tokens_per_minute: readCount(form.tokens_per_minute) ?? null,
    allowed_ips: addresses.length > 0 ? addresses : null,
    expires_at: expiryOf(form, now, before),
  };
}

export function lines(text: string): string[] {
  return text.split("\n").filter(Boolean);
}

export function toggleLine(text: string, line: string, on: boolean): string {
  const others = lines(text).filter((other) => other !== line);
  return (on ? [...others, line] : others).join("\n");
}

/** When a key of this form ends. A day that wasn't touched keeps its hour. */
function expiryOf(form: KeyForm, now: number, before?: ApiKeyInfo): string | null {
  if (form.expiry === "none") return null;
  if (form.expiry !== "custom") return new Date(now + Number(form.expiry) * DAY_MS).toISOString();
  if (before?.expires_at && localDay(new Date(before.expires_at)) === form.expires_at) {
    return before.expires_at;
  }
  return endOfDay(form.expires_at)?.toISOString() ?? null;
}

/** "2026-11-21", where the person is. */
export function localDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last second of a day where the person is; null: not a day. */
export function endOfDay(day: string): Date | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) return null;
  const [year, month, number] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(year, month - 1, number, 23, 59, 59);
  return date.getMonth() === month - 1 && date.getDate() === number ? date : null;
}

export interface Addresses {
  list: string[];
  /** Lines that are no address, counted from 1. */
  wrong: { line: number; text: string }[];
}

/** One address or network a line. Empty lines and what follows a `#` don't count. */
export function readAddresses(text: string): Addresses {
  const list: string[] = [];
  const wrong: Addresses["wrong"] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = (raw.split("#")[0] ?? "").trim();
    if (line === "") continue;
    if (isNetwork(line)) {
      if (!list.includes(line)) list.push(line);
    } else {
      wrong.push({ line: index + 1, text: line });
    }
  }
  return { list, wrong };
}

/** "203.0.113.7", "10.0.0.0/8", "2001:db8::/32". */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  if (more.length > 0) return false;
  const width = isV4(address) ? 32 : isV6(address) ? 128 : 0;
  if (width === 0) return false;
  return bits === undefined || (/^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= width);
}

function isV4(text: string): boolean {
  const parts = text.split(".");
  // A leading zero means octal to some programs: refused, as the server does.
  return (
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

function isV6(text: string): boolean {
  if (!text.includes(":") || !/^[\da-f:.]+$/i.test(text)) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const mapped = last.includes(".");
  if (mapped && !isV4(last)) return false;
  const hex = mapped ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  const count = hex.length + (mapped ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

const DOTS = 12;

/** The beginning, then dots: enough to recognise, not to use, and short enough for a phone. */
export function maskSecret(secret: string, shown = 12): string {
  return secret.slice(0, shown) + "•".repeat(Math.min(DOTS, Math.max(0, secret.length - shown)));
}
