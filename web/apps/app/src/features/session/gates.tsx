/**
 * Who may see a page. Signed-in pages renew the session from its cookie first and lead to the login
 * page without one, remembering the place; the sign-in pages lead past themselves with one.
 */
import { ensureSession, hasSessionHint, isApiError } from "@parlance/api";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { applyProfile } from "@/features/appearance/preferences";
import { currentHref, navigate, navigateTo, useQueryParameters } from "@/lib/navigation";
import { queryClient } from "@/lib/query-client";
import { leaveDeleted } from "./actions";
import { safeNext } from "./next.logic";
import { useSessionState } from "./use-session";

export function SignedIn({ fallback, children }: { fallback: ReactNode; children: ReactNode }) {
  const { status, session, code } = useSessionState();
  const [failure, setFailure] = useState<{ error: unknown } | null>(null);
  const [welcomed, setWelcomed] = useState<string | null>(null);
  const wasActive = useRef(false);
  const userId = session?.user.id ?? null;

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
      }),
    [],
  );

  useEffect(() => {
    if (!session || welcomed === userId) return;
    wasActive.current = true;
    void applyProfile(session.user).finally(() => setWelcomed(userId));
  }, [session, userId, welcomed]);

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
    if (status === "active") navigateTo(next, { replace: true });
  }, [status, next]);

  return asking || status === "active" ? null : children;
}
