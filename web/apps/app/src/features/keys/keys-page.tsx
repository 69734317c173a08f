import { Trans, useLingui } from "@lingui/react/macro";
import { revokeKey, type ApiKeyInfo, type NewKey } from "@parlance/api";
import { Button, EmptyState, Skeleton, toast } from "@parlance/ui";
import { Segmented } from "@parlance/ui/choice";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { budgetKeys, budgetsQuery } from "@/features/budgets/queries";
import { usePermission, useSession } from "@/features/session/use-session";
import { NoPermission } from "@/features/settings/no-permission";
import { Panel, Section, SettingsPage } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { KeyRow, type KeyActions } from "./key-row";
import { byUse, type KeyForm } from "./keys.logic";
import { keyKeys, keysQuery } from "./queries";
import { QuickStart } from "./quick-start";
import { capOf, saveCap } from "./save-cap";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const KeyDialog = lazy(() => import("./key-dialog"));
const RotateDialog = lazy(() => import("./rotate-dialog"));
const SecretDialog = lazy(() => import("./secret-dialog"));

type Window =
  | { kind: "create" }
  | { kind: "edit" | "rotate" | "revoke"; key: ApiKeyInfo }
  | { kind: "secret"; made: NewKey; rotated: boolean; form?: KeyForm; capError?: unknown };

export default function KeysPage() {
  const { t } = useLingui();
  const allowed = usePermission("keys.create");
  const manages = usePermission("keys.manage");
  const seesBudgets = usePermission("budgets.read");
  const session = useSession();
  const queries = useQueryClient();
  const [now] = useState(() => Date.now());
  const [whose, setWhose] = useState<"mine" | "all">("mine");
  const [open, setOpen] = useState<Window | null>(null);
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery({ ...keysQuery(), enabled: allowed });
  const budgets = useQuery({ ...budgetsQuery(), enabled: allowed && seesBudgets }).data;

  const title = t`API keys`;
  if (!allowed) return <NoPermission title={title} />;

  const close = () => setOpen(null);
  const renew = () => {
    void queries.invalidateQueries({ queryKey: keyKeys.all });
    void queries.invalidateQueries({ queryKey: budgetKeys.all });
  };
  const created = async (made: NewKey, form: KeyForm) => {
    let capError: unknown;
    await saveCap(made.key, form, undefined).catch((problem: unknown) => {
      capError = problem;
    });
    setOpen({ kind: "secret", made, rotated: false, form, capError });
    renew();
  };

  const everybodys = manages && !(session?.workspace.personal ?? true);
  const all = data?.pages.flatMap((page) => page.data) ?? [];
  const shown =
    everybodys && whose === "mine" ? all.filter((key) => key.user.id === session?.user.id) : all;
  const { working, over } = byUse(shown, now);
  const actions: KeyActions = {
    onEdit: (key) => setOpen({ kind: "edit", key }),
    onRotate: (key) => setOpen({ kind: "rotate", key }),
    onRevoke: (key) => setOpen({ kind: "revoke", key }),
  };
  const rows = (keys: readonly ApiKeyInfo[]) => (
    <Panel>
      <ul className="divide-y divide-line">
        {keys.map((key) => (
          <KeyRow
            key={key.id}
            apiKey={key}
            cap={capOf(budgets, key.id)}
            now={now}
            owner={everybodys && whose === "all" ? key.user.name || key.user.email : null}
            actions={actions}
          />
        ))}
      </ul>
    </Panel>
  );

  return (
    <SettingsPage
      title={title}
      intro={t`Programs call Parlance with a key. The official OpenAI and Anthropic SDKs work unchanged.`}
    >
      <Section
        title={t`Keys`}
        action={
          <div className="flex flex-wrap items-center gap-2">
            {everybodys && (
              <Segmented
                label={t`Whose keys`}
                value={whose}
                options={[
                  { id: "mine", label: t`Mine` },
                  { id: "all", label: t`Everybody's` },
                ]}
                onChange={setWhose}
              />
            )}
            <Button variant="primary" size="sm" onClick={() => setOpen({ kind: "create" })}>
              <Plus size={16} aria-hidden />
              <Trans>New key</Trans>
            </Button>
          </div>
        }
      >
        {error ? (
          <Panel>
            <LoadError error={error} onRetry={() => void refetch()} />
          </Panel>
        ) : isPending ? (
          <Panel>
            <ul aria-busy className="divide-y divide-line">
              {[0, 1, 2].map((row) => (
                <li key={row} className="flex items-center gap-4 px-4 py-3.5">
                  <Skeleton className="size-9" />
                  <div className="flex-1 space-y-2">
                    <Skeleton className="h-4 w-40" />
                    <Skeleton className="h-3 w-64 max-w-full" />
                  </div>
                </li>
              ))}
            </ul>
          </Panel>
        ) : working.length > 0 ? (
          rows(working)
        ) : (
          <Panel>
            <EmptyState
              icon={<KeyRound size={20} />}
              title={t`No keys yet`}
              action={
                <Button onClick={() => setOpen({ kind: "create" })}>
                  <Trans>Create a key</Trans>
                </Button>
              }
            >
              <Trans>With a key, any program that speaks to OpenAI or Anthropic speaks here.</Trans>
            </EmptyState>
          </Panel>
        )}
        {hasNextPage && (
          <Button
            className="mt-4"
            pending={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            <Trans>Show more</Trans>
          </Button>
        )}
      </Section>
      {over.length > 0 && (
        <Section
          title={t`No longer working`}
          description={t`Revoked keys stay in this list for 30 days.`}
        >
          {rows(over)}
        </Section>
      )}
      <Section title={t`Quick start`} description={t`The first call, with this server's address.`}>
        <QuickStart models={working[0]?.models ?? null} />
      </Section>
      <Suspense fallback={null}>
        {(open?.kind === "create" || open?.kind === "edit") && (
          <KeyDialog
            apiKey={open.kind === "edit" ? open.key : undefined}
            cap={open.kind === "edit" ? capOf(budgets, open.key.id) : undefined}
            onCreated={(made, form) => void created(made, form)}
            onChanged={() => {
              close();
              renew();
              toast.success(t`Key changed`);
            }}
            onClose={close}
          />
        )}
        {open?.kind === "rotate" && (
          <RotateDialog
            apiKey={open.key}
            onRotated={(made) => {
              setOpen({ kind: "secret", made, rotated: true });
              renew();
            }}
            onClose={close}
          />
        )}
        {open?.kind === "secret" && (
          <SecretDialog
            made={open.made}
            rotated={open.rotated}
            capError={open.capError}
            onRetryCap={() => (open.form ? created(open.made, open.form) : Promise.resolve())}
            onClose={close}
          />
        )}
        {open?.kind === "revoke" && (
          <Revoke
            apiKey={open.key}
            onRevoked={() => {
              close();
              renew();
            }}
            onClose={close}
          />
        )}
      </Suspense>
    </SettingsPage>
  );
}

function Revoke({
  apiKey,
  onRevoked,
  onClose,
}: {
  apiKey: ApiKeyInfo;
  onRevoked: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const name = apiKey.name;
  const revoke = useMutation({
    mutationFn: () => revokeKey({ path: { id: apiKey.id } }),
    onSuccess: () => {
      toast.success(t`${name} was revoked`);
      onRevoked();
    },
    onError: toastError,
  });
  return (
    <ConfirmDialog
      title={t`Revoke ${name}?`}
      confirmLabel={t`Revoke`}
      pending={revoke.isPending}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      <Trans>
        Programs that use it fail from their next request on. This can't be taken back; what it has
        used stays in the reports.
      </Trans>
    </ConfirmDialog>
  );
}
