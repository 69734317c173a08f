import { Trans, useLingui } from "@lingui/react/macro";
import { Button, EmptyState } from "@parlance/ui";
import { CloudOff } from "lucide-react";
import { errorMessage } from "./errors";

/** Stands where a page or a list would be when it couldn't be loaded. */
export function LoadError({
  error,
  onRetry,
  className,
}: {
  error: unknown;
  onRetry: () => void;
  className?: string;
}) {
  const { t } = useLingui();
  return (
    <div role="alert">
      <EmptyState
        className={className}
        icon={<CloudOff size={20} />}
        title={t`This couldn't be loaded`}
        action={
          <Button size="sm" onClick={onRetry}>
            <Trans>Try again</Trans>
          </Button>
        }
      >
        {errorMessage(error)}
      </EmptyState>
    </div>
  );
}
