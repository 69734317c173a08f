/** Steps that change who is signed in, or where. Each leaves the cache without another's data. */
import { endSession, getMe, switchWorkspace } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { toastError } from "@/lib/errors";
import { queryClient } from "@/lib/query-client";
import { router } from "@/router";

export const meQuery = () =>
  queryOptions({ queryKey: ["me"], queryFn: ({ signal }) => getMe({ signal }), staleTime: 60_000 });

export async function signOut(): Promise<void> {
  try {
    await endSession();
  } catch {
    // The server didn't hear it; this browser has forgotten the token all the same.
  }
  queryClient.clear();
  await router.navigate({ to: "/login" });
}

export async function enterWorkspace(workspaceId: string): Promise<void> {
  try {
    await switchWorkspace(workspaceId);
  } catch (error) {
    toastError(error);
    return;
  }
  await router.navigate({ to: "/" });
  queryClient.clear();
  await router.invalidate();
}
