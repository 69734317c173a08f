import { startSession, type Session } from "@parlance/api";
import { applyProfile } from "@/features/appearance/preferences";
import { safeNext } from "@/features/session/next.logic";
import { queryClient } from "@/lib/query-client";
import { router } from "@/router";

/** Takes a person in after login: their language and theme, and the page they came for. */
export async function enter(session: Session, next: string | undefined): Promise<void> {
  queryClient.clear();
  startSession(session);
  await applyProfile(session.user);
  router.history.push(safeNext(next));
}
