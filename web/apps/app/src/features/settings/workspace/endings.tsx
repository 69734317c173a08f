/** Leaving the workspace, handing it on, deleting it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { leaveWorkspace } from "@parlance/api";
import { Button, toast } from "@parlance/ui";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { enterWorkspace } from "@/features/session/actions";
import { usePermission, useSession } from "@/features/session/use-session";
import { toastError } from "@/lib/errors";
import { navigate } from "@/lib/navigation";
import { Panel, Section } from "../section";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const DeleteDialog = lazy(() => import("./delete-dialog"));
const TransferDialog = lazy(() => import("./transfer-dialog"));

export function Endings() {
  const { t } = useLingui();
  const workspace = useSession()?.workspace;
  const transfers = usePermission("workspace.transfer");
  const deletes = usePermission("workspace.delete");
  const [open, setOpen] = useState<"leave" | "transfer" | "delete" | null>(null);
  const close = () => setOpen(null);
  const name = workspace?.name ?? "";
  const leave = useMutation({
    mutationFn: () => leaveWorkspace(),
    onSuccess: async () => {
      close();
      await enterWorkspace(null, () => navigate({ to: "/" }));
      toast.success(t`You have left ${name}`);
    },
    onError: toastError,
  });
  if (!workspace || workspace.personal) return null;
  return (
    <Section title={t`Leave or close`}>
      <Panel>
        <ul className="divide-y divide-line">
          <Ending
            title={t`Leave this workspace`}
            action={
              <Button onClick={() => setOpen("leave")}>
                <Trans>Leave</Trans>
              </Button>
            }
          >
            <Trans>You lose access to it and to what you wrote in it.</Trans>
          </Ending>
          {transfers && (
            <Ending
              title={t`Hand it on`}
              action={
                <Button onClick={() => setOpen("transfer")}>
                  <Trans>Hand on…</Trans>
                </Button>
              }
            >
              <Trans>Another member becomes the owner, and you an administrator.</Trans>
            </Ending>
          )}
          {deletes && (
            <Ending
              title={t`Delete this workspace`}
              action={
                <Button variant="danger" onClick={() => setOpen("delete")}>
                  <Trans>Delete…</Trans>
                </Button>
              }
            >
              <Trans>It closes at once for everybody. For two weeks an owner can restore it.</Trans>
            </Ending>
          )}
        </ul>
      </Panel>
      <Suspense fallback={null}>
        {open === "leave" && (
          <ConfirmDialog
            title={t`Leave ${name}?`}
            confirmLabel={t`Leave`}
            pending={leave.isPending}
            onConfirm={() => leave.mutate()}
            onClose={close}
          >
            <Trans>Only an administrator of the workspace can let you in again.</Trans>
          </ConfirmDialog>
        )}
        {open === "transfer" && <TransferDialog onClose={close} />}
        {open === "delete" && <DeleteDialog onClose={close} />}
      </Suspense>
    </Section>
  );
}

function Ending({
  title,
  action,
  children,
}: {
  title: string;
  action: ReactNode;
  children: ReactNode;
}) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-4">
      <div className="min-w-48 flex-1">
        <p className="text-sm font-medium">{title}</p>
        <p className="mt-0.5 text-[0.8125rem] text-subtle">{children}</p>
      </div>
      {action}
    </li>
  );
}
