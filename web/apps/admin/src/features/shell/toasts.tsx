import { useLingui } from "@lingui/react/macro";
import { lazy, Suspense } from "react";
import { useToasts } from "@/features/shell/use-toasts";

const Toaster = lazy(() =>
  import("@parlance/ui/toaster").then((module) => ({ default: module.Toaster })),
);

export function Toasts() {
  const { t } = useLingui();
  const spoken = useToasts();
  return (
    <Suspense fallback={null}>
      {spoken && <Toaster label={t`Notifications`} dismissLabel={t`Dismiss`} />}
    </Suspense>
  );
}
