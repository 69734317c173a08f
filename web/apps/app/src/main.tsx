import { I18nProvider } from "@lingui/react";
import { ensureSession, hasSessionHint, preferWorkspace, setProver } from "@parlance/api";
import { activateLocale, i18n, preferredLocale } from "@parlance/i18n";
import { installTooltips } from "@parlance/ui";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, preloadPlace } from "@/app";
import { installTheme } from "@/features/appearance/theme";
import { Root } from "@/features/shell/root";
import { installShortcuts } from "@/features/shortcuts/shortcuts";
import { workspaceOf } from "@/lib/places.logic";
import { queryClient } from "@/lib/query-client";
import "./styles.css";

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
  setProver((error, request) =>
    /^step_up|^proof_of/.test(error.code)
      ? import("@/features/account/prove").then(({ prove }) => prove(error, request))
      : null,
  );
  const workspaceId = workspaceOf(location.pathname);
  if (workspaceId) preferWorkspace(workspaceId);
  if (hasSessionHint()) {
    // Renew and fetch the page while the catalogue loads. The gate asks again and shows what went wrong.
    ensureSession().catch(() => null);
    preloadPlace(location.pathname);
  }
  await activateLocale(preferredLocale());
  const root = document.getElementById("root");
  if (!root) throw new Error("The page has no #root.");
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queryClient}>
          <Root>
            <App />
          </Root>
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}

void start();
