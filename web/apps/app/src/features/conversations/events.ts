/**
 * Changes made elsewhere (other tabs, other devices, the server itself), as they happen. One tab
 * holds the connection for all. Missed events do no harm: lists and pages are read again on focus
 * and whenever the connection had to be made anew.
 */
import {
  apiFetch,
  ApiError,
  getSession,
  subscribeSession,
  type Conversation,
  type Run,
} from "@parlance/api";
import { followStream, shareAcrossTabs } from "@parlance/chat-core";
import { runFinished, runStarted } from "@/features/chat/runs";
import { queryClient } from "@/lib/query-client";
import { cacheConversation, conversationKeys, uncacheConversation } from "./queries";

type AppEvent =
  | { type: "conversation.created" | "conversation.updated"; conversation: Conversation }
  | { type: "conversation.deleted"; conversation_id: string }
  | { type: "run.started" | "run.finished"; run: Run }
  | { type: "reconnected" };

function handle(event: AppEvent): void {
  switch (event.type) {
    case "conversation.created":
    case "conversation.updated":
      cacheConversation(queryClient, event.conversation);
      break;
    case "conversation.deleted":
      uncacheConversation(queryClient, event.conversation_id);
      // Deleted, or shared no more: whoever has it open is told.
      void queryClient.invalidateQueries({
        queryKey: conversationKeys.detail(event.conversation_id),
      });
      break;
    case "run.started":
      runStarted(event.run);
      break;
    case "run.finished":
      runFinished(event.run);
      void queryClient.invalidateQueries({ queryKey: ["usage"] });
      break;
    case "reconnected":
      void queryClient.invalidateQueries({ queryKey: conversationKeys.lists });
      break;
  }
}

async function lead(emit: (event: AppEvent) => void, signal: AbortSignal): Promise<void> {
  let connections = 0;
  await followStream({
    open: (lastEventId, connection) =>
      apiFetch("/api/v1/events", {
        headers: {
          Accept: "text/event-stream",
          ...(lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId }),
        },
        signal: connection,
      }),
    onConnection: (state) => {
      if (state === "open" && (connections += 1) > 1) emit({ type: "reconnected" });
    },
    onEvent: ({ data }) => {
      const event = parse(data);
      if (event) emit(event);
      return false;
    },
    // Only the end of the session ends this; everything else passes.
    isRefusal: (error) =>
      error instanceof ApiError && (error.status === 401 || error.status === 403),
    maxFailures: Number.POSITIVE_INFINITY,
    signal,
  });
}

function parse(data: string): AppEvent | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value
      ? (value as AppEvent)
      : null;
  } catch {
    return null;
  }
}

let following = false;

/** Listens from now on whenever somebody is signed in; the channel is the person's and the workspace's own. */
export function followEvents(): void {
  if (following) return;
  following = true;
  let scope: string | null = null;
  let abort: AbortController | null = null;
  const follow = () => {
    const { session } = getSession();
    const next = session ? `${session.user.id}.${session.workspace.id}` : null;
    if (next === scope) return;
    scope = next;
    abort?.abort();
    abort = next === null ? null : new AbortController();
    if (abort) {
      shareAcrossTabs<AppEvent>({
        name: `parlance-events.${next}`,
        lead,
        onMessage: handle,
        signal: abort.signal,
      });
    }
  };
  follow();
  subscribeSession(follow);
}
