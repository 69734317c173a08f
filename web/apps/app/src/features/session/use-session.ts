/** The signed-in session, for components. */
import { getSession, subscribeSession, type Session, type SessionState } from "@parlance/api";
import { useSyncExternalStore } from "react";

export function useSessionState(): SessionState {
  return useSyncExternalStore(subscribeSession, getSession);
}

/** The session inside signed-in routes; null for the moment between its end and the redirect. */
export function useSession(): Session | null {
  return useSessionState().session;
}

/** Whether the caller may do something, by the permission's name ("usage.read_all"). */
export function usePermission(permission: string): boolean {
  const held: readonly string[] = useSession()?.permissions ?? [];
  return held.includes(permission);
}
