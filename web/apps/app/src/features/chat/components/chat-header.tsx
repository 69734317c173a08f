import { useLingui } from "@lingui/react/macro";
import type { Conversation } from "@parlance/api";
import { MenuButton, Skeleton } from "@parlance/ui";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { RenameField } from "@/features/conversations/rename-field";
import { titleOf } from "@/features/conversations/title";
import { OwnerBadge } from "@/features/sharing/owner-badge";
import { ShareButton } from "@/features/sharing/share-button";
import { usePermission } from "@/features/session/use-session";
import { useConversationActions } from "@/features/conversations/use-conversation-actions";
import { PageHeader } from "@/features/shell/page-header";

/** The conversation's name, and what can be done with it. */
export function ChatHeader({ conversation }: { conversation: Conversation | undefined }) {
  const { t } = useLingui();
  const { menu, rename } = useConversationActions();
  const [renaming, setRenaming] = useState(false);
  const shares = usePermission("chat.share");
  const entries = conversation ? menu(conversation, () => setRenaming(true)) : [];
  return (
    <PageHeader>
      {!conversation ? (
        <Skeleton className="ms-2 h-4 w-40" />
      ) : renaming ? (
        <RenameField
          title={conversation.title ?? ""}
          onDone={(name) => {
            setRenaming(false);
            if (name !== null) rename(conversation, name);
          }}
          className="ms-1 h-9 w-full max-w-96 rounded-md border border-accent bg-surface px-2 text-sm font-medium outline-none touch:text-base"
        />
      ) : entries.length === 0 ? (
        <h1 className="min-w-0 truncate px-2 text-sm font-medium">{titleOf(conversation)}</h1>
      ) : (
        <h1 className="min-w-0">
          <MenuButton
            items={entries}
            aria-label={t`Options for ${titleOf(conversation)}`}
            className="flex h-9 max-w-full min-w-0 items-center gap-1.5 rounded-md px-2 text-sm font-medium transition-colors hover:bg-hover data-open:bg-active touch:h-11"
          >
            <span className="truncate">{titleOf(conversation)}</span>
            <ChevronDown size={15} aria-hidden className="shrink-0 text-subtle" />
          </MenuButton>
        </h1>
      )}
      {conversation?.owner_name != null && <OwnerBadge owner={conversation.owner_name} />}
      {shares && conversation?.access === "owner" && <ShareButton conversation={conversation} />}
    </PageHeader>
  );
}
