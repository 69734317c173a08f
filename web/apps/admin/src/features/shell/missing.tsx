import { Trans, useLingui } from "@lingui/react/macro";
import { buttonClass, EmptyState } from "@parlance/ui";
import { SearchX } from "lucide-react";
import { Link } from "wouter";

export function Missing() {
  const { t } = useLingui();
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title={t`Nothing here`}
      action={
        <Link href="/workspaces" className={buttonClass()}>
          <Trans>All workspaces</Trans>
        </Link>
      }
    >
      <Trans>It doesn't exist, or it has been purged.</Trans>
    </EmptyState>
  );
}
