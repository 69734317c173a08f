/**
 * Who may see a page. Signed-in pages renew the session from its cookie first and lead to the login
 * page without one, remembering the place; the sign-in pages lead past themselves with one.
 */
import { ensureSession, hasSessionHint, isApiError } from "@parlance/api";
import { needWords } from "@parlance/i18n";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { applyProfile } from "@/features/appearance/preferences";
import {
  currentHref,
  navigate,
  navigateTo,
  useNamedWorkspace,
  useQueryParameters,
} from "@/lib/navigation";
import { queryClient } from "@/lib/query-client";
import { followAddress, leaveDeleted } from "./actions";
import { safeNext } from "./next.logic";
import { useSessionState } from "./use-session";

const ClosingPage = lazy(async () => {
  await needWords("account");
  return import("@/features/account/closing-page");
});
const SuspendedPage = lazy(() =>
  needWords("account").then(() => import("@/features/administration/suspended-page")),
);

export function SignedIn({ fallback, children }: { fallback: ReactNode; children: ReactNode }) {
  const { status, session, code } = useSessionState();
  const [failure, setFailure] = useState<{ error: unknown } | null>(null);
  const [welcomed, setWelcomed] = useState<string | null>(null);
  const [suspended, setSuspended] = useState<unknown>(null);
  const wasActive = useRef(false);
  const userId = session?.user.id ?? null;
  const workspaceId = session?.workspace.id;
  const named = useNamedWorkspace();

  useEffect(() => {
    if (status !== "unknown") return;
    ensureSession().catch((error: unknown) => setFailure({ error }));
  }, [status]);

  useEffect(
    () =>
      queryClient.getQueryCache().subscribe((event) => {
        if (event.type !== "updated" || event.action.type !== "error") return;
        const { error } = event.action;
        if (isApiError(error, "workspace_deleted")) void leaveDeleted(error);
        if (isApiError(error, "workspace_suspended")) setSuspended(error);
      }),
    [],
  );

  useEffect(() => {
    if (!session || welcomed === userId) return;
    wasActive.current = true;
    void applyProfile(session.user).finally(() => setWelcomed(userId));
  }, [session, userId, welcomed]);

  useEffect(() => {
    if (workspaceId) void followAddress(named, workspaceId);
  }, [named, workspaceId]);

  useEffect(() => {
    if (status !== "signed_out" && status !== "expired") return;
    const next = safeNext(currentHref());
    // Somebody who logged out on purpose starts afresh; anybody else comes back to where they were.
    const remembers = next !== "/" && (status === "expired" || !wasActive.current);
    void navigate({
      to: "/login",
      search: {
        next: remembers ? next : undefined,
        reason: code === "refresh_reused" ? "reused" : status === "expired" ? "expired" : undefined,
      },
      replace: true,
    });
    return () => queryClient.clear();
  }, [status, code]);

  if (failure && !session) throw failure.error;
  if (session?.erases_at) {
    return (
      <Suspense fallback={fallback}>
        <ClosingPage erasesAt={session.erases_at} />
      </Suspense>
    );
  }
  if (session && suspended) {
    return (
      <Suspense fallback={fallback}>
        <SuspendedPage error={suspended} onLeave={() => setSuspended(null)} />
      </Suspense>
    );
  }
  return session && welcomed === userId ? children : fallback;
}

export function SignedOut({ children }: { children: ReactNode }) {
  const { status } = useSessionState();
  const next = safeNext(useQueryParameters().get("next"));
  const [asking, setAsking] = useState(() => status === "unknown" && hasSessionHint());

  useEffect(() => {
    if (!asking) return;
    // An unreachable server shows when the form is sent.
    void ensureSession()
      .catch(() => null)
      .finally(() => setAsking(false));
  }, [asking]);

  useEffect(() => {
    if (status !== "active") return;
    // The administration is a bundle of its own.
    if (next.startsWith("/admin")) location.replace(next);
    else navigateTo(next, { replace: true });
  }, [status, next]);

  return asking || status === "active" ? null : children;
}
