import { Trans, useLingui } from "@lingui/react/macro";
import { Notice, Skeleton } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/features/session/use-session";
import { CopyButton } from "@/lib/copy-button";
import { LoadError } from "@/lib/load-error";
import { NoPermission } from "../no-permission";
import { Panel, Section, SettingsPage } from "../section";
import { ConnectionForm } from "./connection-form";
import { DomainsSection } from "./domains-section";
import { ssoQuery } from "./queries";

/** A workspace's own identity provider: what it is, and for which domains it speaks. */
export default function SsoPage() {
  const { t } = useLingui();
  const session = useSession();
  const allowed = session?.permissions.includes("sso.manage") ?? false;
  const { data, error, refetch } = useQuery({ ...ssoQuery(), enabled: allowed });
  if (!allowed) return <NoPermission title={t`Single sign-on`} />;
  return (
    <SettingsPage
      title={t`Single sign-on`}
      intro={t`People sign in to this workspace with your company's own identity provider.`}
    >
      {error ? (
        <Panel>
          <LoadError error={error} onRetry={() => void refetch()} />
        </Panel>
      ) : !data ? (
        <div aria-busy className="max-w-xl space-y-4">
          <Skeleton className="h-9" />
          <Skeleton className="h-9" />
          <Skeleton className="h-9 w-40" />
        </div>
      ) : (
        <>
          {session?.workspace.personal && (
            <Notice>
              <Trans>
                This is your personal workspace. Set it up in the workspace of your team.
              </Trans>
            </Notice>
          )}
          <Section
            title={t`Identity provider`}
            description={t`Any OpenID Connect provider, such as Entra ID, Okta, Keycloak or Google Workspace. Register this redirect URI there first.`}
          >
            <div className="mb-6 flex max-w-xl items-center gap-2 rounded-md border border-line bg-surface py-1 ps-3 pe-1">
              <code className="min-w-0 flex-1 truncate text-[0.8125rem]" title={data.redirect_uri}>
                {data.redirect_uri}
              </code>
              <CopyButton text={() => data.redirect_uri} label={t`Copy the redirect URI`} />
            </div>
            <ConnectionForm
              key={data.connection?.updated_at ?? "new"}
              connection={data.connection}
              hasDomain={data.domains.some(({ verified_at }) => verified_at !== null)}
            />
          </Section>
          <DomainsSection domains={data.domains} />
        </>
      )}
    </SettingsPage>
  );
}
