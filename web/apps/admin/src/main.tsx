import { I18nProvider } from "@lingui/react";
import { setProver } from "@parlance/api";
import { i18n, preferredLocale } from "@parlance/i18n";
import { installTooltips } from "@parlance/ui";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { installTheme } from "@/features/appearance/theme";
import { queryClient } from "@/lib/query-client";
import { App } from "./app";
import { speak } from "./words";
import "./styles.css";

async function start() {
  installTheme();
  installTooltips();
  setProver((error, request) =>
    /^step_up|^proof_of/.test(error.code)
      ? import("@/features/account/prove").then(({ prove }) => prove(error, request))
      : null,
  );
  await speak(preferredLocale());
  const root = document.getElementById("root");
  if (!root) throw new Error("The page has no #root.");
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queryClient}>
          <App />
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}

void start();
