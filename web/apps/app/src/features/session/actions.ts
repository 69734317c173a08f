/**
 * Steps that change who is signed in, or where. Each leaves the cache without another's data.
 * The way to the login page is `main.tsx`'s: it follows the session wherever it ends.
 */
import { endSession, getMe, getSession, switchWorkspace } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { toastError } from "@/lib/errors";
import { nameWorkspace, navigate } from "@/lib/navigation";
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

let entering = false;

/** Makes the tab's workspace and the one that the address names the same one: the address leads. */
export async function followAddress(named: string | undefined, current: string): Promise<void> {
  if (entering || named === current) return;
  if (!named) return nameWorkspace();
  await enterWorkspace(named, async () => undefined);
  // What it leads to is in a workspace that is not theirs; the toast has said so.
  if (getSession().session?.workspace.id !== named) await navigate({ to: "/", replace: true });
}

/** Moves this tab to a workspace, null: to any; `leave` goes to a page that exists in any. */
export async function enterWorkspace(
  workspaceId: string | null,
  leave: () => Promise<void>,
): Promise<void> {
  entering = true;
  try {
    await switchWorkspace(workspaceId);
    await leave();
  } catch (error) {
    toastError(error);
    return;
  } finally {
    entering = false;
  }
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
