import { Trans, useLingui } from "@lingui/react/macro";
import { copyConversation, idempotencyKey, type Conversation } from "@parlance/api";
import { Button } from "@parlance/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { useState } from "react";
import { cacheConversation } from "@/features/conversations/queries";
import { usePermission } from "@/features/session/use-session";
import { toastError } from "@/lib/errors";
import { navigate } from "@/lib/navigation";

/** In the place of the composer: a conversation that is shared to read, and the way to go on. */
export function ReadOnly({ conversation }: { conversation: Conversation }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const writes = usePermission("chat.write");
  // One key for one wish: pressing twice makes one copy.
  const [key] = useState(idempotencyKey);
  const copy = useMutation({
    mutationFn: () =>
      copyConversation({ path: { id: conversation.id }, headers: { "Idempotency-Key": key } }),
    onSuccess: (made) => {
      cacheConversation(client, made);
      void navigate({ to: "/c/$conversationId", params: { conversationId: made.id } });
    },
    onError: toastError,
  });
  const owner = conversation.owner_name ?? t`Somebody`;
  return (
    <div
      role="note"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-2xl border border-line bg-surface px-4 py-3 text-sm"
    >
      <Eye size={16} aria-hidden className="shrink-0 text-muted" />
      <p className="min-w-40 flex-1 text-muted">
        <Trans>{owner} has shared this conversation with you to read.</Trans>
      </p>
      {writes && (
        <Button size="sm" variant="primary" pending={copy.isPending} onClick={() => copy.mutate()}>
          <Trans>Continue in a copy</Trans>
        </Button>
      )}
    </div>
  );
}
