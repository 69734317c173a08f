/** The chat: a new one at "/", one that exists at "/c/…". What only the second needs comes after the first. */
import { useParams } from "@/lib/navigation";
import { lazy, Suspense, useEffect } from "react";
import { PageHeader } from "@/features/shell/page-header";
import { Announcer } from "./components/announcer";
import { ThreadSkeleton } from "./components/thread-skeleton";
import { loadConversation, loadEvents } from "./load";
import { NewChat } from "./new-chat";

const ConversationView = lazy(loadConversation);

export default function ChatPage() {
  const { conversationId } = useParams();
  useEffect(() => {
    // The next things to be needed, while the person reads or types.
    void loadConversation();
    void loadEvents().then(({ followEvents }) => followEvents());
  }, []);
  return (
    <>
      {conversationId === undefined ? (
        <NewChat />
      ) : (
        <Suspense
          fallback={
            <>
              <PageHeader />
              <ThreadSkeleton />
            </>
          }
        >
          <ConversationView key={conversationId} conversationId={conversationId} />
        </Suspense>
      )}
      <Announcer />
    </>
  );
}
