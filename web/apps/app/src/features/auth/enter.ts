import { startSession, type Session } from "@parlance/api";
import { applyProfile } from "@/features/appearance/preferences";
import { safeNext } from "@/features/session/next.logic";
import { queryClient } from "@/lib/query-client";

/** Takes a person in after login: their language and theme; `go` leads to the page they came for. */
export async function enter(
  session: Session,
  next: string | undefined,
  go: (href: string) => void,
): Promise<void> {
  queryClient.clear();
  startSession(session);
  await applyProfile(session.user);
  go(safeNext(next));
}
