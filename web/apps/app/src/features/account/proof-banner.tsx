import { Trans, useLingui } from "@lingui/react/macro";
import { getMe, patchSessionUser, resendVerification } from "@parlance/api";
import { toast } from "@parlance/ui";
import { useMutation, useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { instanceQuery } from "@/features/auth/instance";
import { useSession } from "@/features/session/use-session";
import { toastError } from "@/lib/errors";

const KEY = "parlance.proof-later";

function wasClosed(): boolean {
  try {
    return sessionStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** A line over the page while the address is not proved. Closed, it stays away until the next visit. */
export default function ProofBanner() {
  const { t } = useLingui();
  const email = useSession()?.user.email ?? "";
  const { data: instance } = useQuery(instanceQuery());
  const [closed, setClosed] = useState(wasClosed);
  const resend = useMutation({
    mutationFn: () => resendVerification({ body: { email } }),
    onSuccess: () => toast.success(t`A letter to ${email} is on its way`),
    onError: toastError,
  });

  useEffect(() => {
    // The link opens in another tab; whoever comes back finds the line gone.
    const look = () => {
      if (document.visibilityState !== "visible") return;
      getMe().then(
        ({ user }) => user.email_verified && patchSessionUser(user),
        () => null,
      );
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);

  if (closed || !instance || instance.mail === "none") return null;
  const close = () => {
    setClosed(true);
    try {
      sessionStorage.setItem(KEY, "1");
    } catch {
      // Storage is forbidden: it comes back with the next page load.
    }
  };
  return (
    <section
      aria-label={t`Your address`}
      className="flex items-center gap-x-3 border-b border-line bg-sidebar px-4 py-1.5 text-sm text-muted"
    >
      <p className="min-w-0 flex-1">
        <Trans>
          Please confirm <span className="font-medium break-all text-fg">{email}</span> with the
          link in our letter.
        </Trans>{" "}
        <button
          type="button"
          disabled={resend.isPending || resend.isSuccess}
          onClick={() => resend.mutate()}
          className="rounded-sm font-medium text-accent underline-offset-4 hover:underline disabled:text-muted disabled:no-underline touch:min-h-11"
        >
          {resend.isSuccess ? <Trans>Sent</Trans> : <Trans>Send it again</Trans>}
        </button>
      </p>
      <button
        type="button"
        aria-label={t`Close`}
        onClick={close}
        className="grid size-8 shrink-0 place-items-center rounded-md text-subtle hover:bg-hover hover:text-fg touch:size-11"
      >
        <X size={16} aria-hidden />
      </button>
    </section>
  );
}
