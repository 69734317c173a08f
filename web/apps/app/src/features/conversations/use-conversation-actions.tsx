import { useLingui } from "@lingui/react/macro";
import type { Conversation, UpdateConversationRequest } from "@parlance/api";
import { toast, type MenuEntry } from "@parlance/ui";
import { useNavigate, useParams } from "@/lib/navigation";
import { Archive, ArchiveRestore, Pencil, Pin, PinOff, Trash2 } from "lucide-react";
import { toastError } from "@/lib/errors";
import { useDeleteConversation, useRestoreConversation, useUpdateConversation } from "./queries";
import { titleOf } from "./title";

/** What can be done with a conversation, wherever it is shown. */
export function useConversationActions() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const { conversationId: shown } = useParams();
  const update = useUpdateConversation();
  const remove = useDeleteConversation();
  const restore = useRestoreConversation();

  // Promises rather than callbacks: the row that asked is often gone before the answer comes.
  const change = (id: string, body: UpdateConversationRequest) => {
    update.mutateAsync({ id, ...body }).catch(toastError);
  };

  const leave = (id: string) => {
    if (shown === id) void navigate({ to: "/" });
  };

  const actions = {
    rename(conversation: Conversation, title: string) {
      const name = title.trim().slice(0, 200);
      if (name !== "" && name !== conversation.title) {
        change(conversation.id, { title: name });
      }
    },
    pin(conversation: Conversation) {
      change(conversation.id, { pinned: !conversation.pinned });
    },
    archive(conversation: Conversation) {
      const { id, archived } = conversation;
      change(id, { archived: !archived });
      if (!archived) leave(id);
      toast(archived ? t`Moved back to your conversations` : t`Archived`, {
        id: `archive-${id}`,
        action: { label: t`Undo`, onSelect: () => change(id, { archived }) },
      });
    },
    remove(conversation: Conversation) {
      const { id } = conversation;
      const wasShown = shown === id;
      leave(id);
      const undo = async () => {
        await restore.mutateAsync(id);
        if (wasShown) await navigate({ to: "/c/$conversationId", params: { conversationId: id } });
      };
      remove.mutateAsync(conversation).then(
        () =>
          toast(t`Conversation deleted`, {
            id: `delete-${id}`,
            description: titleOf(conversation),
            action: { label: t`Undo`, onSelect: () => void undo().catch(toastError) },
          }),
        toastError,
      );
    },
  };

  const renameEntry = (onRename: () => void): MenuEntry => ({
    label: t`Rename`,
    icon: <Pencil size={16} />,
    onSelect: onRename,
  });

  /** What the person may do with it: with what others share, less; with what they share to read, nothing. */
  const menu = (conversation: Conversation, onRename: () => void): MenuEntry[] => {
    if (conversation.access === "view") return [];
    if (conversation.access === "edit") return [renameEntry(onRename)];
    return ownersMenu(conversation, onRename);
  };

  const ownersMenu = (conversation: Conversation, onRename: () => void): MenuEntry[] => [
    renameEntry(onRename),
    conversation.pinned
      ? { label: t`Unpin`, icon: <PinOff size={16} />, onSelect: () => actions.pin(conversation) }
      : { label: t`Pin`, icon: <Pin size={16} />, onSelect: () => actions.pin(conversation) },
    conversation.archived
      ? {
          label: t`Unarchive`,
          icon: <ArchiveRestore size={16} />,
          onSelect: () => actions.archive(conversation),
        }
      : {
          label: t`Archive`,
          icon: <Archive size={16} />,
          onSelect: () => actions.archive(conversation),
        },
    "separator",
    {
      label: t`Delete`,
      icon: <Trash2 size={16} />,
      danger: true,
      onSelect: () => actions.remove(conversation),
    },
  ];

  return { ...actions, menu };
}
