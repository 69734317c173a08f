import { ensureSession, hasSessionHint, subscribeSession, getSession } from "@parlance/api";
import { activateLocale, i18n, preferredLocale } from "@parlance/i18n";
import { installTooltips } from "@parlance/ui";
import { I18nProvider } from "@lingui/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { installTheme } from "@/features/appearance/theme";
import { safeNext } from "@/features/session/next.logic";
import { installShortcuts } from "@/features/shortcuts/shortcuts";
import { queryClient } from "@/lib/query-client";
import { router } from "@/router";
import "./styles.css";

/** Leads to the login page when the session ends under a signed-in page, and remembers the place. */
function followSession() {
  let before = getSession().status;
  subscribeSession(() => {
    const { status } = getSession();
    const ended = before === "active" && status !== "active";
    before = status;
    if (!ended) return;
    const next = safeNext(router.state.location.href);
    const leave = router.navigate({
      to: "/login",
      search: status === "expired" ? { reason: "expired", ...(next === "/" ? {} : { next }) } : {},
      replace: true,
    });
    void leave.then(() => queryClient.clear());
  });
}

/** A page from before an update asks for files that are gone: load the new one, once. */
function reloadAfterUpdate() {
  addEventListener("vite:preloadError", (event) => {
    const key = "parlance.reloaded";
    try {
      if (Date.now() - Number(sessionStorage.getItem(key)) < 60_000) return;
      sessionStorage.setItem(key, String(Date.now()));
    } catch {
      return;
    }
    event.preventDefault();
    location.reload();
  });
}

async function start() {
  installTheme();
  installTooltips();
  installShortcuts();
  reloadAfterUpdate();
  if (hasSessionHint()) {
    // Renew while the catalogue loads. The route asks again and shows what went wrong.
    ensureSession().catch(() => null);
    void import("@/features/shell/app-shell");
    if (/^\/(c\/|$)/.test(location.pathname)) void import("@/features/chat/chat-page");
  }
  await activateLocale(preferredLocale());
  followSession();
  const root = document.getElementById("root");
  if (!root) throw new Error("The page has no #root.");
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}

void start();
