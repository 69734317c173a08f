import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { deleteRoute, type Route } from "@parlance/api";
import { formatPercent } from "@parlance/i18n";
import { Badge, Button, EmptyState, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, Plus, Split } from "lucide-react";
import { Fragment, lazy, Suspense, useState } from "react";
import { shortModelId } from "@/features/models/models.logic";
import { availableModels } from "@/features/models/queries";
import { usePermission } from "@/features/session/use-session";
import { ListPanel } from "@/features/settings/list-panel";
import { NoPermission } from "@/features/settings/no-permission";
import { Section, SettingsPage } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { RowMenu } from "@/lib/row-menu";
import { routesQuery, routingKeys } from "./queries";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const RouteDialog = lazy(() => import("./route-dialog"));

export default function RoutingPage() {
  const { t } = useLingui();
  const allowed = usePermission("routes.read");
  const manages = usePermission("routes.manage");
  const queries = useQueryClient();
  const [open, setOpen] = useState<{ route?: Route } | null>(null);
  const [deleting, setDeleting] = useState<Route | null>(null);
  const list = useQuery({ ...routesQuery(), enabled: allowed });
  const renew = () => queries.invalidateQueries({ queryKey: routingKeys.routes });
  const remove = useMutation({
    mutationFn: (route: Route) => deleteRoute({ path: { id: route.id } }),
    onSuccess: () => {
      setDeleting(null);
      toast.success(t`Route deleted`);
    },
    onError: toastError,
    onSettled: renew,
  });

  const title = t`Routing`;
  if (!allowed) return <NoPermission title={title} />;
  const name = deleting?.name ?? "";
  return (
    <SettingsPage
      title={title}
      intro={t`A route is a model name of your own. Programs ask for it; which model answers, and which one stands in for it, is decided here.`}
    >
      <Section
        title={t`Routes`}
        action={
          manages && (
            <Button variant="primary" size="sm" onClick={() => setOpen({})}>
              <Plus size={16} aria-hidden />
              <Trans>New route</Trans>
            </Button>
          )
        }
      >
        <ListPanel
          query={list}
          waiting={
            <>
              <Skeleton className="h-4 w-32" />
              <Skeleton className="h-3 w-80 max-w-full" />
            </>
          }
          renderRow={(route) => (
            <RouteRow
              key={route.id}
              route={route}
              onEdit={manages ? () => setOpen({ route }) : undefined}
              onDelete={() => setDeleting(route)}
            />
          )}
          empty={
            <EmptyState
              icon={<Split size={20} />}
              title={t`No routes yet`}
              action={
                manages && (
                  <Button onClick={() => setOpen({})}>
                    <Trans>Create a route</Trans>
                  </Button>
                )
              }
            >
              <Trans>
                With a route such as “fast”, a model can be changed without changing a program.
              </Trans>
            </EmptyState>
          }
        />
      </Section>
      <Suspense fallback={null}>
        {open && (
          <RouteDialog
            route={open.route}
            onSaved={() => {
              toast.success(open.route ? t`Route changed` : t`Route created`);
              setOpen(null);
              void renew();
            }}
            onClose={() => setOpen(null)}
          />
        )}
        {deleting && (
          <ConfirmDialog
            title={t`Delete the route ${name}?`}
            confirmLabel={t`Delete`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate(deleting)}
            onClose={() => setDeleting(null)}
          >
            <Trans>Programs that ask for it are refused from their next request on.</Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </SettingsPage>
  );
}

function RouteRow({
  route,
  onEdit,
  onDelete,
}: {
  route: Route;
  /** Absent: the person may only look. */
  onEdit?: () => void;
  onDelete: () => void;
}) {
  const { t } = useLingui();
  const name = route.name;
  const models = useQuery(availableModels).data;
  const weighted = route.strategy === "weighted";
  const sum = route.targets.reduce((total, { weight = 1 }) => total + weight, 0);
  const conditional = route.targets.filter(({ when }) => when !== null).length;
  return (
    <li className="flex items-start gap-3 px-4 py-4">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          <code className="min-w-0 truncate font-mono">{name}</code>
          <Badge>{weighted ? t`By weight` : t`In order`}</Badge>
          {conditional > 0 && (
            <Badge>
              <Plural value={conditional} one="# condition" other="# conditions" />
            </Badge>
          )}
        </p>
        {route.description !== "" && (
          <p className="mt-0.5 text-[0.8125rem] text-muted">{route.description}</p>
        )}
        <p className="mt-2 flex flex-wrap items-center gap-x-2 gap-y-1.5 text-[0.8125rem]">
          {route.targets.map((target, index) => (
            <Fragment key={index}>
              {index > 0 && !weighted && (
                <ArrowRight size={13} aria-hidden className="text-subtle rtl:rotate-180" />
              )}
              <span
                title={target.model}
                className="inline-flex max-w-full items-center gap-1.5 rounded-sm bg-active px-2 py-0.5"
              >
                <span className="truncate">
                  {models?.find(({ id }) => id === target.model)?.name ??
                    shortModelId(target.model)}
                </span>
                {weighted && sum > 0 && (
                  <span className="text-muted tabular-nums">
                    {formatPercent((target.weight ?? 1) / sum)}
                  </span>
                )}
              </span>
            </Fragment>
          ))}
        </p>
      </div>
      {onEdit && (
        <RowMenu name={name} className="-mt-2 touch:-mt-2.5" onEdit={onEdit} onDelete={onDelete} />
      )}
    </li>
  );
}
