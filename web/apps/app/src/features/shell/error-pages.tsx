import { Trans, useLingui } from "@lingui/react/macro";
import { ApiError } from "@parlance/api";
import { Button, buttonClass, LogoMark } from "@parlance/ui";
import { type ReactNode } from "react";
import { Link } from "@/lib/navigation";
import { errorMessage } from "@/lib/errors";
import { useDocumentTitle } from "@/lib/use-document-title";

function ErrorPage({
  code,
  title,
  children,
  actions,
}: {
  code?: string;
  title: string;
  children: ReactNode;
  actions: ReactNode;
}) {
  return (
    <div className="grid min-h-[85dvh] flex-1 place-items-center px-6 py-16">
      <div className="max-w-md text-center">
        <LogoMark className="mx-auto mb-6 size-9" />
        {code && <p className="mb-1 text-sm font-medium text-subtle tabular-nums">{code}</p>}
        <h1 className="font-display text-3xl font-medium tracking-tight">{title}</h1>
        <div className="mt-3 text-muted">{children}</div>
        <div className="mt-7 flex flex-wrap justify-center gap-2">{actions}</div>
      </div>
    </div>
  );
}

export function NotFoundPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Page not found`);
  return (
    <ErrorPage
      code="404"
      title={t`Nothing here`}
      actions={
        <Link to="/" className={buttonClass("primary")}>
          <Trans>Back to the start</Trans>
        </Link>
      }
    >
      <Trans>The page doesn't exist, or it was moved. The address may have a typo.</Trans>
    </ErrorPage>
  );
}

export function PageError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useLingui();
  useDocumentTitle(t`Something went wrong`);
  const offline = error instanceof ApiError && error.code === "network";
  const reference = error instanceof ApiError ? error.requestId : "";
  return (
    <ErrorPage
      title={offline ? t`Can't reach Parlance` : t`Something went wrong`}
      actions={
        <>
          <Button variant="primary" onClick={onRetry}>
            <Trans>Try again</Trans>
          </Button>
          <a href="/" className={buttonClass()}>
            <Trans>Back to the start</Trans>
          </a>
        </>
      }
    >
      <p>{errorMessage(error)}</p>
      {reference && (
        <p className="mt-2 text-sm text-subtle">
          <Trans>
            Reference: <code className="font-mono text-[0.8125rem]">{reference}</code>
          </Trans>
        </p>
      )}
    </ErrorPage>
  );
}
