/** What is typed about a stream. Pure. */
import type { AuditStream, AuditStreamKind } from "@parlance/api";

export interface StreamForm {
  kind: AuditStreamKind;
  address: string;
  authority: string;
  fromStart: boolean;
}

export type StreamFault = "required" | "https" | "server";

export function startOf(stream: AuditStream | null): StreamForm {
  return {
    kind: stream?.kind ?? "webhook",
    address: stream?.address ?? "",
    authority: stream?.authority ?? "",
    fromStart: false,
  };
}

/** What is wrong at first sight; the server knows more. */
export function faultsOf(
  { kind, address }: StreamForm,
  plainAllowed: boolean,
): { address?: StreamFault } {
  const text = address.trim();
  if (!text) return { address: "required" };
  const schemes =
    kind === "webhook"
      ? ["https", ...(plainAllowed ? ["http"] : [])]
      : ["tls", ...(plainAllowed ? ["tcp"] : [])];
  const fits = schemes.some(
    (scheme) => text.toLowerCase().startsWith(`${scheme}://`) && text.length > scheme.length + 3,
  );
  return fits ? {} : { address: kind === "webhook" ? "https" : "server" };
}
