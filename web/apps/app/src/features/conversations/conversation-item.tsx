import { useLingui } from "@lingui/react/macro";
import type { Conversation } from "@parlance/api";
import { cn, MenuButton } from "@parlance/ui";
import { Link } from "@/lib/navigation";
import { Ellipsis } from "lucide-react";
import { memo, useState } from "react";
import { closeDrawer } from "@/features/shell/sidebar-state";
import { RenameField } from "./rename-field";
import { titleOf } from "./title";
import { useConversationActions } from "./use-conversation-actions";

export const ConversationItem = memo(function ConversationItem({
  conversation,
  active,
}: {
  conversation: Conversation;
  active: boolean;
}) {
  const { t } = useLingui();
  const { menu, rename } = useConversationActions();
  const [renaming, setRenaming] = useState(false);
  const title = titleOf(conversation);
  const readOnly = conversation.access === "view";
  if (renaming) {
    return (
      <li className="px-0.5 py-px">
        <RenameField
          title={conversation.title ?? ""}
          onDone={(name) => {
            setRenaming(false);
            if (name !== null) rename(conversation, name);
          }}
          className="h-8.5 w-full rounded-md border border-accent bg-surface px-2 text-sm outline-none touch:h-11 touch:text-base"
        />
      </li>
    );
  }
  return (
    <li
      className={cn(
        "group/item relative flex items-center rounded-md transition-colors hover:bg-hover has-[[data-open]]:bg-hover",
        active && "bg-active hover:bg-active",
      )}
    >
      <Link
        to="/c/$conversationId"
        params={{ conversationId: conversation.id }}
        onClick={closeDrawer}
        aria-current={active ? "page" : undefined}
        onDoubleClick={() => readOnly || setRenaming(true)}
        className="flex h-9 min-w-0 flex-1 items-center rounded-md ps-2.5 pe-9 text-sm touch:h-11"
      >
        <span className="truncate">{title}</span>
        {conversation.active_run_id !== null && (
          <span
            role="img"
            aria-label={t`Answering`}
            className="ms-2 size-1.5 shrink-0 animate-breathe rounded-full bg-accent"
          />
        )}
      </Link>
      {!readOnly && (
        <MenuButton
          items={() => menu(conversation, () => setRenaming(true))}
          aria-label={t`Options for ${title}`}
          className={cn(
            "absolute end-1 grid size-7 place-items-center rounded-md text-muted opacity-0 transition-opacity hover:text-fg group-focus-within/item:opacity-100 group-hover/item:opacity-100 data-open:opacity-100 touch:size-10 touch:opacity-100",
            active && "opacity-100",
          )}
        >
          <Ellipsis size={16} aria-hidden />
        </MenuButton>
      )}
    </li>
  );
});
