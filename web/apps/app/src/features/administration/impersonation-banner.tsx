import { Trans, useLingui } from "@lingui/react/macro";
import { endImpersonation, startSession, type Impersonation } from "@parlance/api";
import { formatUntil } from "@parlance/i18n";
import { Button } from "@parlance/ui";
import { useMutation } from "@tanstack/react-query";
import { Drama } from "lucide-react";
import { useEffect, useState } from "react";
import { useSession } from "@/features/session/use-session";
import { signOut } from "@/features/session/actions";

/** Over every page while an administrator acts as somebody else. It can't be closed, only ended. */
export default function ImpersonationBanner({ reason, ends_at }: Impersonation) {
  const { t } = useLingui();
  const user = useSession()?.user;
  const [now, setNow] = useState(() => Date.now());
  const { mutate: end, isPending } = useMutation({
    mutationFn: () => endImpersonation(),
    onSuccess: (own) => {
      startSession(own);
      location.assign(`/admin/users/${user?.id ?? ""}`);
    },
    // There is no own session to go back to: sign in again.
    onError: () => void signOut(),
  });
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), 15_000);
    // It ends by itself: be back as oneself then, and not at the login page.
    const over = setTimeout(() => end(), Math.max(0, Date.parse(ends_at) - Date.now() - 5_000));
    return () => {
      clearInterval(clock);
      clearTimeout(over);
    };
  }, [end, ends_at]);
  const name = user?.name || user?.email || "";
  const left = formatUntil(ends_at, now);
  return (
    <section
      aria-label={t`Acting as somebody else`}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warning-soft px-4 py-2 text-sm text-warning"
    >
      <Drama size={17} aria-hidden className="shrink-0" />
      <p className="min-w-0 flex-1 basis-56 break-words">
        <Trans>
          You act as <span className="font-semibold">{name}</span>: {reason}. It ends {left}.
        </Trans>
      </p>
      <Button size="sm" pending={isPending} onClick={() => end()}>
        <Trans>End</Trans>
      </Button>
    </section>
  );
}
