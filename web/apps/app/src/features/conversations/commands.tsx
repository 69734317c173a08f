import { useLingui } from "@lingui/react/macro";
import { listConversations } from "@parlance/api";
import { useNavigate } from "@/lib/navigation";
import { MessageSquare } from "lucide-react";
import { useMemo } from "react";
import { useCommandSource, type CommandSource } from "@/features/commands/registry";
import { titleOf } from "./title";

/** Lets the palette find conversations, archived ones too. */
export function useConversationCommands(): void {
  const { t } = useLingui();
  const navigate = useNavigate();
  const source = useMemo<CommandSource>(
    () => ({
      id: "conversations",
      search: async (query, signal) => {
        const page = await listConversations({
          query: { limit: 12, ...(query.trim() === "" ? {} : { q: query.trim() }) },
          signal,
        });
        return page.data.map((conversation) => ({
          id: `conversation.${conversation.id}`,
          label: titleOf(conversation),
          group: t`Conversations`,
          icon: <MessageSquare size={16} />,
          run: () =>
            void navigate({
              to: "/c/$conversationId",
              params: { conversationId: conversation.id },
            }),
        }));
      },
    }),
    [navigate, t],
  );
  useCommandSource(source);
}
