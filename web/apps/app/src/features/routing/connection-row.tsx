import { Plural, Trans, useLingui } from "@lingui/react/macro";
import {
  testConnection,
  updateConnection,
  type Connection,
  type ConnectionTest,
} from "@parlance/api";
import { formatNumber } from "@parlance/i18n";
import { Badge, Button, Switch, toast } from "@parlance/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck } from "lucide-react";
import { modelKeys } from "@/features/models/queries";
import { errorMessage, toastError } from "@/lib/errors";
import { RowMenu } from "@/lib/row-menu";
import { useProviderName } from "./names";
import { routingKeys } from "./queries";

export function ConnectionRow({
  connection,
  onEdit,
  onDelete,
}: {
  connection: Connection;
  onEdit: () => void;
  onDelete: () => void;
}) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const nameOf = useProviderName();
  const name = connection.name;
  const path = { id: connection.id };
  const test = useMutation({ mutationFn: () => testConnection({ path }) });
  const enable = useMutation({
    mutationFn: (enabled: boolean) => updateConnection({ path, body: { enabled } }),
    onSuccess: ({ enabled }) => toast.success(enabled ? t`${name} is on` : t`${name} is off`),
    onError: toastError,
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: modelKeys.all });
      return queries.invalidateQueries({ queryKey: routingKeys.connections });
    },
  });
  const enabled = enable.isPending ? enable.variables : connection.enabled;
  return (
    <li className="px-4 py-3.5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-44 flex-1">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
            <span className="min-w-0 truncate">{name}</span>
            <Badge>{nameOf(connection.provider)}</Badge>
          </p>
          <p className="mt-0.5 flex flex-wrap gap-x-3 text-[0.8125rem] text-subtle">
            {connection.key_hint && <code className="font-mono">{connection.key_hint}</code>}
            {connection.base_url && (
              <span className="max-w-full truncate" title={connection.base_url}>
                {connection.base_url}
              </span>
            )}
            {connection.models.length > 0 && (
              <span title={connection.models.map((model) => model.name).join(", ")}>
                <Plural value={connection.models.length} one="# model" other="# models" />
              </span>
            )}
          </p>
        </div>
        <div className="flex items-center gap-3 max-sm:w-full">
          <Button size="sm" pending={test.isPending} onClick={() => test.mutate()}>
            <span>
              <Trans>Test</Trans>
            </span>
          </Button>
          <Switch
            aria-label={t`Use ${name}`}
            checked={enabled}
            disabled={enable.isPending}
            onChange={(event) => enable.mutate(event.target.checked)}
          />
          <RowMenu name={name} className="max-sm:ms-auto" onEdit={onEdit} onDelete={onDelete} />
        </div>
      </div>
      <div role="status">
        {!test.isPending && (test.data || test.error) && (
          <TestResult result={test.data} error={test.error} />
        )}
      </div>
    </li>
  );
}

function TestResult({ result, error }: { result: ConnectionTest | undefined; error: unknown }) {
  if (result?.ok) {
    const latency = formatNumber(result.latency_ms);
    return (
      <p className="mt-2.5 flex items-start gap-1.5 text-[0.8125rem] text-success">
        <CircleCheck size={15} aria-hidden className="mt-0.5 shrink-0" />
        <Trans>It answers, within {latency} ms.</Trans>
      </p>
    );
  }
  return (
    <p className="mt-2.5 flex items-start gap-1.5 text-[0.8125rem] break-words text-danger">
      <CircleAlert size={15} aria-hidden className="mt-0.5 shrink-0" />
      <span className="min-w-0">{result ? result.message : errorMessage(error)}</span>
    </p>
  );
}
