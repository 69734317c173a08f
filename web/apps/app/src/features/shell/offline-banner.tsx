import { Trans } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";

function subscribe(listener: () => void) {
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
}

export function useOnline(): boolean {
  return useSyncExternalStore(subscribe, () => navigator.onLine);
}

export function OfflineBanner() {
  const online = useOnline();
  const queries = useQueryClient();
  useEffect(() => {
    if (!online) return () => void queries.invalidateQueries();
  }, [online, queries]);
  return (
    <div
      role="status"
      className="fixed inset-x-0 top-2 z-50 grid justify-items-center empty:hidden pointer-events-none"
    >
      {!online && (
        <p className="flex animate-rise items-center gap-2 rounded-full bg-fg px-3.5 py-1.5 text-[0.8125rem] font-medium text-canvas shadow-md">
          <WifiOff size={15} aria-hidden />
          <Trans>You're offline. Changes will have to wait.</Trans>
        </p>
      )}
    </div>
  );
}
