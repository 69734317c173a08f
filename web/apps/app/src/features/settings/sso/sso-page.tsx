import { Trans, useLingui } from "@lingui/react/macro";
import { Notice, Skeleton } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/features/session/use-session";
import { LoadError } from "@/lib/load-error";
import { NoPermission } from "../no-permission";
import { Panel, Section, SettingsPage } from "../section";
import { ConnectionForm } from "./connection-form";
import { DomainsSection } from "./domains-section";
import { ProvisioningSection } from "./provisioning-section";
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
            description={t`Any OpenID Connect or SAML 2.0 provider, such as Entra ID, Okta, Keycloak or Google Workspace. Register the addresses below there first.`}
          >
            <ConnectionForm
              key={data.connection?.updated_at ?? "new"}
              connection={data.connection}
              hasDomain={data.domains.some(({ verified_at }) => verified_at !== null)}
              redirectUri={data.redirect_uri}
              saml={data.saml}
            />
          </Section>
          <DomainsSection domains={data.domains} />
          {!session?.workspace.personal && (
            <ProvisioningSection
              hasDomain={data.domains.some(({ verified_at }) => verified_at !== null)}
            />
          )}
        </>
      )}
    </SettingsPage>
  );
}
