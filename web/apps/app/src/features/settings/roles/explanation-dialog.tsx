/** Why a member may do what they may. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { PermissionSource } from "@parlance/api";
import { Button, Skeleton } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useQuery } from "@tanstack/react-query";
import { LoadError } from "@/lib/load-error";
import { useRoleNames } from "../workspace/use-role-names";
import { PermissionList } from "./permission-list";
import { explanationQuery } from "./queries";

export default function ExplanationDialog({
  userId,
  name,
  onClose,
}: {
  userId: string;
  name: string;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(explanationQuery(userId));
  const explained = data?.permissions ?? [];
  const sourcesOf = (permission: string) =>
    explained.find((one) => one.permission === permission)?.sources ?? [];
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t`What ${name} may do, and why`}
      closeLabel={t`Close`}
      className="max-w-xl!"
      footer={<Button onClick={onClose}>{t`Done`}</Button>}
    >
      {error ? (
        <LoadError error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div aria-busy className="space-y-3">
          <Skeleton className="h-5 w-56" />
          <Skeleton className="h-5 w-48" />
        </div>
      ) : explained.length === 0 ? (
        <p className="text-sm text-muted">
          <Trans>Nothing: no role of theirs allows anything.</Trans>
        </p>
      ) : (
        // The dialog scrolls; whoever has no mouse has to get into it.
        <div role="region" aria-label={t`What ${name} may do`} tabIndex={0}>
          <PermissionList
            permissions={explained.map(({ permission }) => permission)}
            renderDetail={(permission) => (
              <span className="block text-[0.8125rem] leading-5 text-subtle">
                {sourcesOf(permission).map((source, place) => (
                  // A source has no id of its own; the list is never reordered.
                  // oxlint-disable-next-line react/no-array-index-key
                  <span key={place} className="block">
                    <Source source={source} />
                  </span>
                ))}
              </span>
            )}
          />
        </div>
      )}
    </Dialog>
  );
}

function Source({ source }: { source: PermissionSource }) {
  const builtIn = useRoleNames();
  const role = source.role.startsWith("role_")
    ? source.role_name
    : (builtIn[source.role as keyof typeof builtIn] ?? source.role_name);
  const group = source.group?.name;
  const from = source.inherited_from && builtIn[source.inherited_from];
  if (group) {
    return from ? (
      <Trans>
        Group “{group}”: role {role}, which has it from {from}
      </Trans>
    ) : (
      <Trans>
        Group “{group}”: role {role}
      </Trans>
    );
  }
  return from ? (
    <Trans>
      Role {role}, which has it from {from}
    </Trans>
  ) : (
    <Trans>Role {role}</Trans>
  );
}
