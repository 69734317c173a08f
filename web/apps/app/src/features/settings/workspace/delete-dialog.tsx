/** Asks for the workspace's name before it is closed to everybody. */
import { Trans, useLingui } from "@lingui/react/macro";
import { deleteWorkspace } from "@parlance/api";
import { formatDate } from "@parlance/i18n";
import { Button, Field, Input, toast } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { enterWorkspace } from "@/features/session/actions";
import { useSession } from "@/features/session/use-session";
import { toastError } from "@/lib/errors";
import { navigate } from "@/lib/navigation";

export default function DeleteDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  // The name stays while this tab is on its way to another workspace.
  const [name] = useState(useSession()?.workspace.name ?? "");
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () => deleteWorkspace(),
    onSuccess: async ({ purges_at }) => {
      const until = formatDate(purges_at);
      onClose();
      await enterWorkspace(null, () => navigate({ to: "/settings/workspace" }));
      toast.success(t`${name} is deleted. It can be restored until ${until}.`);
    },
    onError: toastError,
  });
  const confirmed = typed.trim() === name;
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={t`Delete ${name}?`}
      description={
        <Trans>
          It closes at once for its members, its API keys and whatever uses them. Within 14 days an
          owner can restore it; then everything in it is deleted for good.
        </Trans>
      }
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button
            type="submit"
            form="delete-workspace"
            variant="danger"
            disabled={!confirmed}
            pending={remove.isPending}
          >
            {t`Delete workspace`}
          </Button>
        </>
      }
    >
      <form
        id="delete-workspace"
        onSubmit={(event) => {
          event.preventDefault();
          if (confirmed) remove.mutate();
        }}
      >
        <Field label={t`Type ${name} to confirm`}>
          {(control) => (
            <Input
              {...control}
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
