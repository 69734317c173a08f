import { Trans, useLingui } from "@lingui/react/macro";
import { deleteConnection, type Connection } from "@parlance/api";
import { Button, EmptyState, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plug, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { modelKeys } from "@/features/models/queries";
import { usePermission } from "@/features/session/use-session";
import { NoPermission } from "@/features/settings/no-permission";
import { Panel, Section, SettingsPage } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { ConnectionRow } from "./connection-row";
import { Health } from "./health";
import { connectionsQuery, routingKeys } from "./queries";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const ConnectionDialog = lazy(() => import("./connection-dialog"));

export default function ProvidersPage() {
  const { t } = useLingui();
  const seesHealth = usePermission("routes.read");
  const manages = usePermission("connections.manage");
  const title = t`Providers`;
  if (!seesHealth && !manages) return <NoPermission title={title} />;
  return (
    <SettingsPage
      title={title}
      intro={t`The services that run the models: how they fare, and the workspace's own keys for them.`}
    >
      {manages && <Connections />}
      {seesHealth && (
        <Section
          title={t`Health`}
          description={t`A provider that keeps failing is paused, then tried again with single calls.`}
        >
          <Health />
        </Section>
      )}
    </SettingsPage>
  );
}

function Connections() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [open, setOpen] = useState<{ connection?: Connection } | null>(null);
  const [deleting, setDeleting] = useState<Connection | null>(null);
  const { data, error, refetch } = useQuery(connectionsQuery());
  const renew = () => {
    void queries.invalidateQueries({ queryKey: modelKeys.all });
    return queries.invalidateQueries({ queryKey: routingKeys.connections });
  };
  const remove = useMutation({
    mutationFn: (connection: Connection) => deleteConnection({ path: { id: connection.id } }),
    onSuccess: () => {
      setDeleting(null);
      toast.success(t`Connection deleted`);
    },
    onError: toastError,
    onSettled: renew,
  });
  const name = deleting?.name ?? "";
  return (
    <Section
      title={t`Connections`}
      description={t`Keys of your own take the place of the server's.`}
      action={
        <Button variant="primary" size="sm" onClick={() => setOpen({})}>
          <Plus size={16} aria-hidden />
          <Trans>New connection</Trans>
        </Button>
      }
    >
      <Panel>
        {error ? (
          <LoadError error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <div aria-busy className="space-y-2.5 px-4 py-4">
            <Skeleton className="h-4 w-40" />
            <Skeleton className="h-3 w-64 max-w-full" />
          </div>
        ) : data.length > 0 ? (
          <ul className="divide-y divide-line">
            {data.map((connection) => (
              <ConnectionRow
                key={connection.id}
                connection={connection}
                onEdit={() => setOpen({ connection })}
                onDelete={() => setDeleting(connection)}
              />
            ))}
          </ul>
        ) : (
          <EmptyState
            icon={<Plug size={20} />}
            title={t`No connections yet`}
            action={
              <Button onClick={() => setOpen({})}>
                <Trans>Add a provider's key</Trans>
              </Button>
            }
          >
            <Trans>The workspace uses the server's keys, as far as it has any.</Trans>
          </EmptyState>
        )}
      </Panel>
      <Suspense fallback={null}>
        {open && (
          <ConnectionDialog
            connection={open.connection}
            onSaved={() => {
              toast.success(open.connection ? t`Connection changed` : t`Connection added`);
              setOpen(null);
              void renew();
            }}
            onClose={() => setOpen(null)}
          />
        )}
        {deleting && (
          <ConfirmDialog
            title={t`Delete ${name}?`}
            confirmLabel={t`Delete`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate(deleting)}
            onClose={() => setDeleting(null)}
          >
            <Trans>
              Its key is erased. Models that only this connection reaches stop answering at once.
            </Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </Section>
  );
}
