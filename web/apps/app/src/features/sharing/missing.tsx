import { Trans } from "@lingui/react/macro";
import { isApiError } from "@parlance/api";
import { Button, buttonClass, EmptyState } from "@parlance/ui";
import { MessageCircleQuestion } from "lucide-react";
import { PageHeader } from "@/features/shell/page-header";
import { Link } from "@/lib/navigation";

/** In the place of a conversation that is not there, or not for this person. */
export function Missing({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const gone = isApiError(error, "not_found") || isApiError(error, "invalid_path");
  return (
    <>
      <PageHeader />
      <EmptyState
        className="flex-1"
        icon={<MessageCircleQuestion size={20} />}
        title={
          gone ? (
            <Trans>This conversation does not exist</Trans>
          ) : (
            <Trans>The conversation could not be loaded</Trans>
          )
        }
        action={
          gone ? (
            <Link to="/" className={buttonClass("primary")}>
              <Trans>New chat</Trans>
            </Link>
          ) : (
            <Button onClick={onRetry}>
              <Trans>Try again</Trans>
            </Button>
          )
        }
      >
        {gone && (
          <Trans>
            It may have been deleted, be shared with you no more, or belong to another workspace.
          </Trans>
        )}
      </EmptyState>
    </>
  );
}
