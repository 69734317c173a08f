import { Trans, useLingui } from "@lingui/react/macro";
import { formatDateTime } from "@parlance/i18n";
import { Field, NativeSelect, Skeleton } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSubjects } from "@/features/budgets/use-subjects";
import { usePermission } from "@/features/session/use-session";
import { NoPermission } from "@/features/settings/no-permission";
import { Panel, Section, SettingsPage } from "@/features/settings/section";
import { LoadError } from "@/lib/load-error";
import { Decisions } from "./decisions";
import { PolicyForm } from "./policy-form";
import { policyQuery } from "./queries";

export default function GuardrailsPage() {
  const { t } = useLingui();
  const allowed = usePermission("guardrails.manage");
  const subjects = useSubjects();
  /** Null: the whole workspace. */
  const [key, setKey] = useState<string | null>(null);
  const workspace = useQuery({ ...policyQuery(null), enabled: allowed });
  const chosen = useQuery({ ...policyQuery(key), enabled: allowed });
  const title = t`Guardrails`;
  if (!allowed) return <NoPermission title={title} />;
  const own = workspace.data?.keys ?? [];
  const updated = chosen.data?.updated_at ? formatDateTime(chosen.data.updated_at) : null;
  return (
    <SettingsPage
      title={title}
      intro={t`What providers must not see, and what is not answered: in the chat and in everything that calls with an API key.`}
    >
      <Section
        title={t`Rules`}
        description={
          updated ? <Trans>Changed {updated}.</Trans> : <Trans>Nothing has been set yet.</Trans>
        }
      >
        <Field
          label={t`For`}
          className="mb-4 max-w-md"
          hint={
            key === null ? (
              <Trans>They hold for everybody, and with every key.</Trans>
            ) : (
              <Trans>They add to the workspace's: of the two the stricter one holds.</Trans>
            )
          }
        >
          {(control) => (
            <NativeSelect
              {...control}
              value={key ?? ""}
              onChange={(event) => setKey(event.target.value || null)}
            >
              <option value="">{t`The whole workspace`}</option>
              {subjects.keys.length > 0 && (
                <optgroup label={t`An API key`}>
                  {subjects.keys.map(({ id, name, prefix }) => (
                    <option key={id} value={id}>
                      {own.includes(id)
                        ? t`${name} (${prefix}…), with rules of its own`
                        : `${name} (${prefix}…)`}
                    </option>
                  ))}
                </optgroup>
              )}
            </NativeSelect>
          )}
        </Field>
        {chosen.error && !chosen.data ? (
          <Panel>
            <LoadError error={chosen.error} onRetry={() => void chosen.refetch()} />
          </Panel>
        ) : chosen.data ? (
          <PolicyForm key={key ?? "workspace"} subject={key} view={chosen.data} />
        ) : (
          <Panel>
            <div aria-busy className="space-y-4 p-5">
              <Skeleton className="h-4 w-40" />
              <Skeleton className="h-10" />
              <Skeleton className="h-10" />
              <Skeleton className="h-20" />
            </div>
          </Panel>
        )}
      </Section>
      <Decisions />
    </SettingsPage>
  );
}
