import { useLingui } from "@lingui/react/macro";
import { lazy, Suspense, type ReactNode } from "react";
import { useOpenOverlay } from "@/features/commands/open";
import { useToasts } from "./use-toasts";
import { OfflineBanner } from "./offline-banner";

const Toaster = lazy(() =>
  import("@parlance/ui/toaster").then((module) => ({ default: module.Toaster })),
);
const Palette = lazy(() => import("@/features/commands/palette"));
const ShortcutsDialog = lazy(() => import("@/features/shortcuts/shortcuts-dialog"));

/** What stands around every page, signed in or not. */
export function Root({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const overlay = useOpenOverlay();
  const spoken = useToasts();
  return (
    <>
      <OfflineBanner />
      {children}
      <Suspense fallback={null}>
        {overlay === "palette" && <Palette />}
        {overlay === "help" && <ShortcutsDialog />}
        {spoken && <Toaster label={t`Notifications`} dismissLabel={t`Dismiss`} />}
      </Suspense>
    </>
  );
}
