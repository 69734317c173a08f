import { useLingui } from "@lingui/react/macro";
import { createWorkspace } from "@parlance/api";
import { Button, Field, Input } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { navigate } from "@/lib/navigation";
import { enterWorkspace } from "@/features/session/actions";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { useIdempotency } from "@/lib/use-idempotency";
import { workspaceSchema, type WorkspaceForm } from "./workspace-schema";

export default function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const once = useIdempotency();
  const form: Form<WorkspaceForm> = useForm<WorkspaceForm>({
    schema: workspaceSchema,
    initial: { name: "" },
    onSubmit: async (body) => {
      try {
        const workspace = await once(body, createWorkspace);
        onClose();
        await enterWorkspace(workspace.id, () => navigate({ to: "/" }));
      } catch (error) {
        applyServerErrors(error, form);
      }
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t`New workspace`}
      description={t`Conversations, members and costs are kept apart in each workspace.`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="new-workspace" variant="primary" pending={form.pending}>
            {t`Create`}
          </Button>
        </>
      }
    >
      <form id="new-workspace" {...form.props}>
        <Field label={t`Name`} error={form.errors.name}>
          {(control) => <Input {...control} {...form.field("name")} autoComplete="off" />}
        </Field>
      </form>
    </Dialog>
  );
}
