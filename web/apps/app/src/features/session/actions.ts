/**
 * Steps that change who is signed in, or where. Each leaves the cache without another's data.
 * The way to the login page is `main.tsx`'s: it follows the session wherever it ends.
 */
import { endSession, getMe, switchWorkspace } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { toastError } from "@/lib/errors";
import { navigate } from "@/lib/navigation";
import { queryClient } from "@/lib/query-client";

export const meQuery = () =>
  queryOptions({ queryKey: ["me"], queryFn: ({ signal }) => getMe({ signal }), staleTime: 60_000 });

export async function signOut(): Promise<void> {
  try {
    await endSession();
  } catch {
    // The server didn't hear it; this browser has forgotten the token all the same.
  }
}

/** Moves this tab to a workspace, null: to any; `leave` goes to a page that exists in any. */
export async function enterWorkspace(
  workspaceId: string | null,
  leave: () => Promise<void>,
): Promise<void> {
  try {
    await switchWorkspace(workspaceId);
  } catch (error) {
    toastError(error);
    return;
  }
  await leave();
  queryClient.removeQueries({ type: "inactive" });
  await queryClient.resetQueries();
}

let leaving = false;

/** The workspace of this tab was deleted: goes on in another one, and says why. */
export async function leaveDeleted(error: unknown): Promise<void> {
  if (leaving) return;
  leaving = true;
  toastError(error);
  await enterWorkspace(null, () => navigate({ to: "/" }));
  leaving = false;
}
