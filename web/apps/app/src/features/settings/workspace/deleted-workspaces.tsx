/** Workspaces that the person has deleted and can restore. Nothing where there are none. */
import { Trans, useLingui } from "@lingui/react/macro";
import { listDeletedWorkspaces, restoreWorkspace, type DeletedWorkspace } from "@parlance/api";
import { formatDateTime, formatUntil } from "@parlance/i18n";
import { Button, toast } from "@parlance/ui";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { meQuery } from "@/features/session/actions";
import { toastError } from "@/lib/errors";
import { everyPage } from "@/lib/every-page";
import { LoadError } from "@/lib/load-error";
import { Panel, Section } from "../section";

const deletedQuery = () =>
  queryOptions({
    queryKey: ["deleted-workspaces"],
    queryFn: ({ signal }) =>
      everyPage((cursor) => listDeletedWorkspaces({ query: { limit: 100, cursor }, signal })),
  });

export function DeletedWorkspaces() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(deletedQuery());
  const restore = useMutation({
    mutationFn: ({ id }: DeletedWorkspace) => restoreWorkspace({ path: { id } }),
    onSuccess: ({ name }) => toast.success(t`${name} is open again`),
    onError: toastError,
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: meQuery().queryKey });
      return queries.invalidateQueries({ queryKey: deletedQuery().queryKey });
    },
  });
  if (!error && (!data || data.length === 0)) return null;
  return (
    <Section title={t`Deleted workspaces`}>
      <Panel>
        {error ? (
          <LoadError error={error} onRetry={() => void refetch()} />
        ) : (
          <ul className="divide-y divide-line">
            {data?.map((workspace) => {
              const when = formatUntil(workspace.purges_at);
              const { name } = workspace;
              return (
                <li
                  key={workspace.id}
                  className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-4"
                >
                  <div className="min-w-48 flex-1">
                    <p className="truncate text-sm font-medium">{name}</p>
                    <p
                      className="mt-0.5 text-[0.8125rem] text-subtle"
                      title={formatDateTime(workspace.purges_at)}
                    >
                      <Trans>gone for good {when}</Trans>
                    </p>
                  </div>
                  <Button
                    aria-label={t`Restore ${name}`}
                    pending={restore.isPending && restore.variables?.id === workspace.id}
                    onClick={() => restore.mutate(workspace)}
                  >
                    <Trans>Restore</Trans>
                  </Button>
                </li>
              );
            })}
          </ul>
        )}
      </Panel>
    </Section>
  );
}
