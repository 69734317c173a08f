/** Where an audit log is sent as it grows: set, watched, tested, paused, taken away. The platform's and a workspace's. */
import { Trans, useLingui } from "@lingui/react/macro";
import { ApiError, type AuditStream, type SetAuditStreamRequest } from "@parlance/api";
import {
  Button,
  Field,
  Input,
  NativeSelect,
  Notice,
  Skeleton,
  Textarea,
  toast,
} from "@parlance/ui";
import { Checkbox } from "@parlance/ui/choice";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type FormEvent } from "react";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { useFocusFault } from "@/lib/use-focus-fault";
import { Panel, Section } from "../section";
import { ShownText } from "../sso/shown-text";
import { faultsOf, startOf, type StreamFault, type StreamForm } from "./stream.logic";
import { streamQuery, type StreamApi } from "./streams";
import { StreamState } from "./stream-state";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

export default function StreamSection({ api }: { api: StreamApi }) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(streamQuery(api));
  const [editing, setEditing] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const stream = data?.stream ?? null;
  return (
    <Section
      title={t`Streaming`}
      description={t`Sends every entry as it is written to a webhook or a log server (syslog), such as your SIEM.`}
    >
      {error && !data ? (
        <Panel>
          <LoadError error={error} onRetry={() => void refetch()} />
        </Panel>
      ) : !data ? (
        <div aria-busy className="max-w-xl space-y-4">
          <Skeleton className="h-9" />
          <Skeleton className="h-9 w-40" />
        </div>
      ) : (
        <div className="space-y-4">
          {secret !== null && (
            <Notice title={t`Copy the secret now: it is shown only this once, never again.`}>
              <div className="mt-2">
                <ShownText name={t`Secret`} text={secret} button={t`Copy the secret`} />
              </div>
            </Notice>
          )}
          {stream && !editing ? (
            <Running
              api={api}
              stream={stream}
              onEdit={() => setEditing(true)}
              onSecret={setSecret}
            />
          ) : (
            <SetUp
              api={api}
              stream={stream}
              plainAllowed={data.plain_allowed}
              onDone={(shown) => {
                setEditing(false);
                if (shown !== undefined) setSecret(shown);
              }}
            />
          )}
        </div>
      )}
    </Section>
  );
}

function Running({
  api,
  stream,
  onEdit,
  onSecret,
}: {
  api: StreamApi;
  stream: AuditStream;
  onEdit: () => void;
  onSecret: (secret: string | null) => void;
}) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<"remove" | "secret">();
  const refresh = () => queries.invalidateQueries({ queryKey: api.key });
  const turn = useMutation({
    mutationFn: () => (isStopped(stream) ? api.resume() : api.pause()),
    onSuccess: refresh,
    onError: toastError,
  });
  const test = useMutation({ mutationFn: () => api.test(), onError: toastError });
  const renew = useMutation({
    mutationFn: () => api.renewSecret(),
    onSuccess: (set) => {
      onSecret(set.secret);
      return refresh();
    },
    onError: toastError,
    onSettled: () => setAsking(undefined),
  });
  const remove = useMutation({
    mutationFn: () => api.remove(),
    onSuccess: () => {
      onSecret(null);
      toast.success(t`The audit log is sent nowhere now`);
      return refresh();
    },
    onError: toastError,
    onSettled: () => setAsking(undefined),
  });
  const why = test.data?.error ?? "";
  return (
    <>
      <Panel className="px-4 py-3.5">
        <StreamState stream={stream} />
        <div className="mt-4 flex flex-wrap gap-2">
          <Button size="sm" pending={test.isPending} onClick={() => test.mutate()}>
            <Trans>Send a test entry</Trans>
          </Button>
          <Button size="sm" pending={turn.isPending} onClick={() => turn.mutate()}>
            {isStopped(stream) ? <Trans>Resume</Trans> : <Trans>Pause</Trans>}
          </Button>
          <Button size="sm" onClick={onEdit}>
            <Trans>Change</Trans>
          </Button>
          {stream.kind === "webhook" && (
            <Button size="sm" onClick={() => setAsking("secret")}>
              <Trans>New secret</Trans>
            </Button>
          )}
          <Button size="sm" variant="danger-ghost" onClick={() => setAsking("remove")}>
            <Trans>Remove</Trans>
          </Button>
        </div>
        <div role="status" className="text-[0.8125rem] not-empty:mt-3">
          {test.data &&
            (test.data.delivered ? (
              <span className="text-success">
                <Trans>The test entry has arrived.</Trans>
              </span>
            ) : (
              <span className="text-danger">
                <Trans>The test entry did not arrive: {why}.</Trans>
              </span>
            ))}
        </div>
      </Panel>
      {asking === "remove" && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Remove the stream?`}
            confirmLabel={t`Remove`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate()}
            onClose={() => setAsking(undefined)}
          >
            <Trans>
              Nothing more is sent, and how far it was is forgotten. The log itself stays.
            </Trans>
          </ConfirmDialog>
        </Suspense>
      )}
      {asking === "secret" && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Make a new secret?`}
            confirmLabel={t`New secret`}
            pending={renew.isPending}
            onConfirm={() => renew.mutate()}
            onClose={() => setAsking(undefined)}
          >
            <Trans>
              The one before is void at once. Until the receiver has the new one, it refuses what
              comes; nothing is lost.
            </Trans>
          </ConfirmDialog>
        </Suspense>
      )}
    </>
  );
}

function isStopped({ state }: AuditStream): boolean {
  return state === "paused" || state === "gave_up";
}

function SetUp({
  api,
  stream,
  plainAllowed,
  onDone,
}: {
  api: StreamApi;
  stream: AuditStream | null;
  plainAllowed: boolean;
  /** With the secret to show, null to show none any more, undefined: as it was. */
  onDone: (secret?: string | null) => void;
}) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const { form, focusFault } = useFocusFault();
  const [values, setValues] = useState<StreamForm>(() => startOf(stream));
  const [checked, setChecked] = useState(false);
  const [refused, setRefused] = useState<Record<string, string>>({});
  const words: Record<StreamFault, string> = {
    required: t`This is required.`,
    https: plainAllowed
      ? t`Enter an address that begins with https:// or http://.`
      : t`Enter an address that begins with https://.`,
    server: plainAllowed
      ? t`Enter an address such as tls://logs.example.com:6514 or tcp://logs.example.com:514.`
      : t`Enter an address such as tls://logs.example.com:6514.`,
  };
  const own = faultsOf(values, plainAllowed);
  const errorAt = (field: "address" | "authority") => {
    const fault = checked && field === "address" ? own.address : undefined;
    return fault ? words[fault] : refused[field];
  };
  const save = useMutation({
    mutationFn: (body: SetAuditStreamRequest) => api.set(body),
    onSuccess: async (set) => {
      toast.success(t`The audit log is sent there now`);
      await queries.invalidateQueries({ queryKey: api.key });
      onDone(set.secret ?? undefined);
    },
    onError: (error) => {
      const fields = error instanceof ApiError ? error.errors : [];
      if (fields.length === 0) return toastError(error);
      setRefused(
        Object.fromEntries(
          fields.map(({ field, message }) => [
            field,
            field === "address"
              ? t`This address can't be used: it must be one of the public internet that this server can find.`
              : field === "authority"
                ? t`Paste certificates in PEM; they are for log servers with TLS.`
                : message,
          ]),
        ),
      );
      focusFault();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    setRefused({});
    if (own.address) return focusFault();
    const authority = values.kind === "syslog" ? values.authority.trim() : "";
    save.mutate({
      kind: values.kind,
      address: values.address.trim(),
      ...(authority ? { authority } : {}),
      from_start: values.fromStart,
    });
  };
  return (
    <form ref={form} noValidate onSubmit={submit} className="max-w-xl space-y-4">
      <Field label={t`Receiver`}>
        {(control) => (
          <NativeSelect
            {...control}
            value={values.kind}
            onChange={(event) => {
              setRefused({});
              setValues({ ...values, kind: event.target.value as StreamForm["kind"] });
            }}
          >
            <option value="webhook">{t`Webhook`}</option>
            <option value="syslog">{t`Log server (syslog)`}</option>
          </NativeSelect>
        )}
      </Field>
      <Field
        label={t`Address`}
        error={errorAt("address")}
        hint={
          values.kind === "webhook"
            ? t`Gets JSON, signed as Standard Webhooks has it.`
            : t`Gets messages of RFC 5424 over TLS.`
        }
      >
        {(control) => (
          <Input
            {...control}
            value={values.address}
            placeholder={
              values.kind === "webhook"
                ? "https://siem.example.com/parlance"
                : "tls://logs.example.com:6514"
            }
            inputMode="url"
            autoCapitalize="none"
            autoComplete="off"
            onChange={(event) => setValues({ ...values, address: event.target.value })}
          />
        )}
      </Field>
      {values.kind === "syslog" && (
        <Field
          label={t`Certificates of your own authority (optional)`}
          error={errorAt("authority")}
          hint={t`In PEM. Left empty, the log server needs a certificate that everybody trusts.`}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              className="font-mono text-xs"
              value={values.authority}
              onChange={(event) => setValues({ ...values, authority: event.target.value })}
            />
          )}
        </Field>
      )}
      <Checkbox
        checked={values.fromStart}
        onChange={(event) => setValues({ ...values, fromStart: event.target.checked })}
        label={t`Send all entries from the beginning of the log`}
        hint={
          stream ? t`Otherwise it goes on where it was.` : t`Otherwise what is written from now on.`
        }
      />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" variant="primary" pending={save.isPending}>
          {stream ? <Trans>Save</Trans> : <Trans>Begin streaming</Trans>}
        </Button>
        {stream && (
          <Button onClick={() => onDone()}>
            <Trans>Cancel</Trans>
          </Button>
        )}
      </div>
    </form>
  );
}
