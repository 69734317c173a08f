import { Trans, useLingui } from "@lingui/react/macro";
import { patchSessionWorkspace, updateWorkspace } from "@parlance/api";
import { Button, Field, Input, Skeleton, toast } from "@parlance/ui";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { meQuery } from "@/features/session/actions";
import { usePermission, useSession } from "@/features/session/use-session";
import { applyServerErrors } from "@/lib/forms";
import { LoadError } from "@/lib/load-error";
import { Invitations } from "../invitations/invitations";
import { Panel, Section, SettingsPage } from "../section";
import { DeletedWorkspaces } from "./deleted-workspaces";
import { Endings } from "./endings";
import { MemberRow } from "./member-row";
import { membersQuery } from "./queries";
import { workspaceSchema, type WorkspaceForm } from "@/features/shell/workspace-schema";
import { useForm, type Form } from "@/lib/use-form";

const ArchiveSection = lazy(() => import("./archive-section"));

export default function WorkspacePage() {
  const { t } = useLingui();
  const workspace = useSession()?.workspace;
  const readsMembers = usePermission("members.read");
  const invites = usePermission("members.manage");
  const exports = usePermission("workspace.export");
  if (!workspace) return null;
  return (
    <SettingsPage
      title={t`Workspace`}
      intro={
        workspace.personal
          ? t`Your personal workspace.`
          : t`A workspace keeps its conversations, members and costs to itself.`
      }
    >
      <Section title={t`Name`}>
        <NameForm key={workspace.id} />
      </Section>
      {readsMembers && (
        <Section title={t`Members`}>
          <Members />
        </Section>
      )}
      {invites && <Invitations />}
      {exports && (
        <Suspense fallback={<Skeleton className="h-24" />}>
          <ArchiveSection />
        </Suspense>
      )}
      <Endings />
      <DeletedWorkspaces />
    </SettingsPage>
  );
}

function NameForm() {
  const { t } = useLingui();
  const workspace = useSession()?.workspace;
  const manages = usePermission("workspace.manage");
  const queries = useQueryClient();
  const form: Form<WorkspaceForm> = useForm<WorkspaceForm>({
    schema: workspaceSchema,
    initial: { name: workspace?.name ?? "" },
    onSubmit: async (body) => {
      try {
        const next = await updateWorkspace({ body });
        patchSessionWorkspace(next);
        form.reset({ name: next.name });
        void queries.invalidateQueries({ queryKey: meQuery().queryKey });
        toast.success(t`Workspace renamed`);
      } catch (error) {
        applyServerErrors(error, form);
      }
    },
  });
  return (
    <form {...form.props} className="max-w-md space-y-5">
      <Field
        label={t`Name of the workspace`}
        error={form.errors.name}
        hint={manages ? undefined : t`Only owners and administrators can rename it.`}
      >
        {(control) => (
          <Input {...control} {...form.field("name")} readOnly={!manages} autoComplete="off" />
        )}
      </Field>
      {manages && (
        <Button type="submit" variant="primary" pending={form.pending} disabled={!form.dirty}>
          <Trans>Save</Trans>
        </Button>
      )}
    </form>
  );
}

function Members() {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(membersQuery());
  if (error) {
    return (
      <Panel>
        <LoadError error={error} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  return (
    <>
      <Panel>
        <ul aria-busy={isPending} className="divide-y divide-line">
          {isPending ? (
            <li className="flex items-center gap-4 px-4 py-3.5">
              <Skeleton className="size-9 rounded-full" />
              <Skeleton className="h-4 w-48" />
            </li>
          ) : (
            data.pages
              .flatMap((page) => page.data)
              .map((member) => <MemberRow key={member.user_id} member={member} />)
          )}
        </ul>
      </Panel>
      {hasNextPage && (
        <Button className="mt-4" pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          <Trans>Show more</Trans>
        </Button>
      )}
    </>
  );
}
