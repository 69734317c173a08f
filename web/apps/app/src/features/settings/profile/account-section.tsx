/** What a person can do with their data: take it along, and have it erased. */
import { Trans, useLingui } from "@lingui/react/macro";
import { apiFetch, deleteAccount, isApiError, patchSessionEnd } from "@parlance/api";
import { formatDate } from "@parlance/i18n";
import { Button, Notice, toast } from "@parlance/ui";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { toastError } from "@/lib/errors";
import { Panel, Section } from "../section";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

async function download() {
  const response = await apiFetch("/api/v1/me/export");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "parlance-export.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

export function AccountSection() {
  const { t } = useLingui();
  const [asking, setAsking] = useState(false);
  const [owned, setOwned] = useState<string | null>(null);
  const exporting = useMutation({ mutationFn: download, onError: toastError });
  const deletion = useMutation({
    mutationFn: () => deleteAccount(),
    onSuccess: ({ erases_at }) => {
      setAsking(false);
      const until = formatDate(erases_at);
      toast.success(t`Your account is deleted. You can keep it until ${until}.`);
      patchSessionEnd(erases_at);
    },
    onError: (error) => {
      setAsking(false);
      if (isApiError(error, "last_owner")) setOwned(error.detail.replace(/^.*?: |\.$/g, ""));
      else toastError(error);
    },
  });
  return (
    <Section title={t`Your data`}>
      {owned && (
        <Notice
          tone="warning"
          className="mb-4"
          title={t`These workspaces would be left without an owner`}
        >
          <Trans>Hand them on to another member first, or delete them: {owned}.</Trans>
        </Notice>
      )}
      <Panel>
        <ul className="divide-y divide-line">
          <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3.5">
            <div className="min-w-0 flex-1 basis-64">
              <p className="text-sm font-medium">
                <Trans>Download your data</Trans>
              </p>
              <p className="mt-0.5 text-[0.8125rem] text-subtle">
                <Trans>
                  One file with your profile, conversations, files and all else that is yours.
                </Trans>
              </p>
            </div>
            <Button size="sm" pending={exporting.isPending} onClick={() => exporting.mutate()}>
              <Trans>Download</Trans>
            </Button>
          </li>
          <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3.5">
            <div className="min-w-0 flex-1 basis-64">
              <p className="text-sm font-medium">
                <Trans>Delete your account</Trans>
              </p>
              <p className="mt-0.5 text-[0.8125rem] text-subtle">
                <Trans>For 14 days you can log in and keep it. Then it is erased for good.</Trans>
              </p>
            </div>
            <Button size="sm" variant="danger-ghost" onClick={() => setAsking(true)}>
              <Trans>Delete account…</Trans>
            </Button>
          </li>
        </ul>
      </Panel>
      <Suspense fallback={null}>
        {asking && (
          <ConfirmDialog
            title={t`Delete your account?`}
            confirmLabel={t`Delete my account`}
            pending={deletion.isPending}
            onConfirm={() => deletion.mutate()}
            onClose={() => setAsking(false)}
          >
            <Trans>
              You are signed out everywhere else, and your API keys stop. If you don't come back
              within 14 days, your conversations, files and personal details are erased for good.
            </Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </Section>
  );
}
