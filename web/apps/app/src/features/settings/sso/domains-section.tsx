import { Trans, useLingui } from "@lingui/react/macro";
import {
  addSsoDomain,
  ApiError,
  deleteSsoDomain,
  isApiError,
  verifySsoDomain,
  type SsoDomain,
} from "@parlance/api";
import { formatDate } from "@parlance/i18n";
import { Badge, Button, Field, IconButton, Input, toast } from "@parlance/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { lazy, Suspense, useState, type FormEvent } from "react";
import { CopyButton } from "@/lib/copy-button";
import { errorMessage, toastError } from "@/lib/errors";
import { Panel, Section } from "../section";
import { ssoQuery } from "./queries";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

/** The domains that the workspace speaks for; each is proved by a record in DNS. */
export function DomainsSection({ domains }: { domains: readonly SsoDomain[] }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [fault, setFault] = useState<string>();
  const add = useMutation({
    mutationFn: (domain: string) => addSsoDomain({ body: { domain } }),
    onSuccess: () => {
      setName("");
      return queries.invalidateQueries(ssoQuery());
    },
    onError: (error) => {
      const code = error instanceof ApiError ? error.errors[0]?.code : undefined;
      if (code === "taken") setFault(t`This domain is in the list already.`);
      else if (code) setFault(t`Enter a domain such as example.com.`);
      else toastError(error);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFault(undefined);
    if (!name.trim()) return setFault(t`Enter a domain such as example.com.`);
    add.mutate(name.trim());
  };
  return (
    <Section
      title={t`Domains`}
      description={t`The login finds your provider by the domain of people's addresses. Show that a domain is yours with a TXT record.`}
    >
      <form onSubmit={submit} noValidate className="mb-4 flex max-w-xl items-start gap-3">
        <div className="min-w-0 flex-1">
          <Field label={t`New domain`} error={fault}>
            {(control) => (
              <Input
                {...control}
                value={name}
                placeholder="example.com"
                inputMode="url"
                autoCapitalize="none"
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Button type="submit" className="mt-7" pending={add.isPending}>
          <Trans>Add</Trans>
        </Button>
      </form>
      <Panel>
        {domains.length === 0 ? (
          <p className="px-4 py-5 text-sm text-muted">
            <Trans>No domains yet.</Trans>
          </p>
        ) : (
          <ul className="divide-y divide-line">
            {domains.map((domain) => (
              <DomainRow key={domain.domain} domain={domain} />
            ))}
          </ul>
        )}
      </Panel>
    </Section>
  );
}

function DomainRow({ domain }: { domain: SsoDomain }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const path = { domain: domain.domain };
  const name = domain.domain;
  const verify = useMutation({
    mutationFn: () => verifySsoDomain({ path }),
    onMutate: () => setProblem(null),
    onSuccess: () => {
      toast.success(t`${name} is verified`);
      return queries.invalidateQueries(ssoQuery());
    },
    onError: (error) =>
      setProblem(
        isApiError(error, "domain_unverified")
          ? t`The record was not found. DNS can take some minutes to show it; or another workspace has verified this domain.`
          : errorMessage(error),
      ),
  });
  const remove = useMutation({
    mutationFn: () => deleteSsoDomain({ path }),
    onSuccess: () => queries.invalidateQueries(ssoQuery()),
    onError: toastError,
    onSettled: () => setRemoving(false),
  });
  const since = domain.verified_at === null ? "" : formatDate(domain.verified_at);
  return (
    <li className="px-4 py-3.5">
      <div className="flex items-center gap-3">
        <p className="min-w-0 flex-1 truncate text-sm font-medium">{name}</p>
        {domain.verified_at === null ? (
          <Badge>
            <Trans>Not verified</Trans>
          </Badge>
        ) : (
          <Badge tone="accent">
            <span title={since}>
              <Trans>Verified</Trans>
            </span>
          </Badge>
        )}
        {domain.verified_at === null && (
          <Button
            size="sm"
            pending={verify.isPending}
            aria-label={t`Verify ${name}`}
            onClick={() => verify.mutate()}
          >
            <Trans>Verify</Trans>
          </Button>
        )}
        <IconButton label={t`Remove ${name}`} onClick={() => setRemoving(true)}>
          <Trash2 size={16} />
        </IconButton>
      </div>
      {domain.verified_at === null && (
        <dl className="mt-3 grid gap-2 text-[0.8125rem]">
          {[
            [t`TXT record`, domain.record_name, t`Copy the record's name`],
            [t`Text`, domain.record_value, t`Copy the record's text`],
          ].map(([label, text, copy]) => (
            <div key={label} className="flex items-center gap-2">
              <dt className="w-24 shrink-0 text-subtle">{label}</dt>
              <dd className="flex min-w-0 flex-1 items-center gap-2">
                <code className="min-w-0 flex-1 truncate" title={text}>
                  {text}
                </code>
                <CopyButton text={() => text ?? ""} label={copy ?? ""} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <div role="status" className="text-[0.8125rem] text-danger not-empty:mt-2">
        {problem}
      </div>
      {removing && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Remove ${name}?`}
            confirmLabel={t`Remove`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate()}
            onClose={() => setRemoving(false)}
          >
            <Trans>
              The login doesn't lead people of this domain here any more. Who has signed in before
              still can.
            </Trans>
          </ConfirmDialog>
        </Suspense>
      )}
    </li>
  );
}
