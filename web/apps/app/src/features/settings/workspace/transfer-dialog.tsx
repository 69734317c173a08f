/** Chooses the member who becomes the owner. */
import { Trans, useLingui } from "@lingui/react/macro";
import { transferWorkspace } from "@parlance/api";
import { Button, Field, NativeSelect, Skeleton, toast } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { enterWorkspace } from "@/features/session/actions";
import { useSession } from "@/features/session/use-session";
import { everybodyQuery } from "@/features/settings/groups/queries";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";

export default function TransferDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const session = useSession();
  const { data, error, refetch } = useQuery(everybodyQuery());
  const others = data?.filter(({ user_id }) => user_id !== session?.user.id);
  const [chosen, setChosen] = useState("");
  const transfer = useMutation({
    mutationFn: (user_id: string) => transferWorkspace({ body: { user_id } }),
    onSuccess: async (workspace) => {
      onClose();
      // The same place with the rights of the new role.
      await enterWorkspace(workspace.id, () => Promise.resolve());
      toast.success(t`The workspace has another owner now`);
    },
    onError: toastError,
  });
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={t`Hand the workspace on`}
      description={
        <Trans>You become an administrator. Only the new owner can give it back to you.</Trans>
      }
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button
            variant="danger"
            disabled={chosen === ""}
            pending={transfer.isPending}
            onClick={() => transfer.mutate(chosen)}
          >
            {t`Hand on`}
          </Button>
        </>
      }
    >
      {error ? (
        <LoadError error={error} onRetry={() => void refetch()} />
      ) : !others ? (
        <Skeleton className="h-10" />
      ) : others.length === 0 ? (
        <p className="text-sm text-muted">
          <Trans>Nobody else is in this workspace yet.</Trans>
        </p>
      ) : (
        <Field label={t`New owner`}>
          {(control) => (
            <NativeSelect
              {...control}
              value={chosen}
              onChange={(event) => setChosen(event.target.value)}
            >
              <option value="" disabled>{t`Choose a member`}</option>
              {others.map((member) => (
                <option key={member.user_id} value={member.user_id}>
                  {member.name ? `${member.name} (${member.email})` : member.email}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
      )}
    </Dialog>
  );
}
