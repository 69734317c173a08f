import { startSession, type Session } from "@parlance/api";
import { queryClient } from "@/lib/query-client";

/** Takes a person in after login. The gate of the sign-in pages then leads to the page they came for. */
export function enter(session: Session): void {
  queryClient.clear();
  startSession(session);
}
