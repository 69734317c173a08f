/**
 * Runs as this tab sees them: starting, following, stopping, and keeping the message cache right.
 * The server owns a run; a tab only listens, so leaving a page or reloading it loses nothing.
 */
import {
  ApiError,
  apiFetch,
  cancelRun,
  idempotencyKey,
  selectBranch as selectBranchRequest,
  subscribeSession,
  getSession,
  type Conversation,
  type StartRunRequest,
} from "@parlance/api";
import {
  append,
  includes,
  isActive,
  LiveRuns,
  messagesOf,
  replace,
  truncateAfter,
  type Branch,
  type FilePart,
  type LiveRun,
  type Message,
  type Run,
} from "@parlance/chat-core";
import { useSyncExternalStore } from "react";
import { cacheConversation, conversationKeys } from "@/features/conversations/queries";
import { queryClient } from "@/lib/query-client";
import { announceEnd, announceStart } from "./announcements";
import { isLimit } from "./errors";
import { chatKeys, getBranch, refreshBranch, setBranch } from "./queries";
import { setRefusal } from "./refusals";

const PENDING = "pending-";

/** A user message that the server has not named yet. */
export function isPending(message: Pick<Message, "id">): boolean {
  return message.id.startsWith(PENDING);
}

/** Runs that ended in this tab: a stale copy of the conversation must not attach to them again. */
const ended = new Set<string>();

export const liveRuns = new LiveRuns<StartRunRequest>({
  transport: {
    start: (conversationId, body, key, signal) =>
      apiFetch(`/api/v1/conversations/${conversationId}/runs`, {
        method: "POST",
        headers: {
          Accept: "text/event-stream",
          "Content-Type": "application/json",
          "Idempotency-Key": key,
        },
        body: JSON.stringify(body),
        signal,
      }),
    resume: (runId, lastEventId, signal) =>
      apiFetch(`/api/v1/runs/${runId}/stream`, {
        headers: {
          Accept: "text/event-stream",
          ...(lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId }),
        },
        signal,
      }),
  },
  follow: {
    // No answer, a restarting server, or a limit met while resuming: try again.
    isRefusal: (error, resuming) =>
      error instanceof ApiError &&
      !(error.status === 0 || error.code === "unavailable" || (error.status === 429 && resuming)),
  },
  onStarted: ({ conversationId, state, stopping }) => {
    const { assistantMessage: answer, userMessage: question, run } = state;
    if (!answer || !run) return;
    setBranch(conversationId, (branch) => {
      const settled = withoutPending(branch);
      if (includes(settled, answer.id)) return settled;
      const parent = (question ?? answer).parent_id ?? null;
      const fits = parent === null || includes(settled, parent);
      return fits
        ? append(truncateAfter(settled, parent), question ? [question, answer] : [answer])
        : settled;
    });
    patchConversation(conversationId, { active_run_id: run.id, active_message_id: answer.id });
    announceStart(conversationId);
    // Stopped before the server had named the run.
    if (stopping) stopRun(conversationId).catch(() => undefined);
  },
  onEnded: (live, lost) => {
    const { conversationId, runId, state } = live;
    announceEnd(conversationId, state);
    if (runId !== null && !lost) ended.add(runId);
    setBranch(conversationId, (branch) => {
      const message = messagesOf(branch).find((m) => m.id === state.messageId);
      if (!message || !state.run || isActive(state.run)) return withoutPending(branch);
      return replace(withoutPending(branch), { ...message, parts: state.parts, run: state.run });
    });
    if (!lost) patchConversation(conversationId, { active_run_id: null });
    void settle(conversationId);
  },
});

subscribeSession(() => {
  if (getSession().status !== "active") {
    liveRuns.leaveAll();
    ended.clear();
  }
});

function withoutPending(branch: Branch): Branch {
  return branch.pages.some((page) => page.data.some(isPending))
    ? {
        ...branch,
        pages: branch.pages.map((page) => ({
          ...page,
          data: page.data.filter((message) => !isPending(message)),
        })),
      }
    : branch;
}

function patchConversation(id: string, change: Partial<Conversation>): void {
  queryClient.setQueryData<Conversation>(conversationKeys.detail(id), (conversation) =>
    conversation ? { ...conversation, ...change } : conversation,
  );
}

/** Reads what the server made of it: stored text, title, cost. The net under every stream. */
async function settle(conversationId: string): Promise<void> {
  await Promise.allSettled([
    refreshBranch(conversationId),
    queryClient.invalidateQueries({ queryKey: conversationKeys.detail(conversationId) }),
    queryClient.invalidateQueries({ queryKey: ["usage"] }),
  ]);
}

/** The run of a conversation that this tab is listening to. */
export function useLiveRun(conversationId: string | undefined): LiveRun | undefined {
  return useSyncExternalStore(liveRuns.subscribe, () =>
    conversationId === undefined ? undefined : liveRuns.get(conversationId),
  );
}

/** Joins a run that goes on at the server, e.g. after a reload or one started in another tab. */
export function attachTo(conversationId: string, runId: string): void {
  if (!ended.has(runId)) liveRuns.attach(conversationId, runId);
}

/** Another tab or the server started a run here. */
export function runStarted(run: Run): void {
  if (ended.has(run.id) || !getBranch(run.conversation_id)) return;
  if (liveRuns.get(run.conversation_id)) return;
  void refreshBranch(run.conversation_id)
    .catch(() => undefined)
    .then(() => attachTo(run.conversation_id, run.id));
}

export function runFinished(run: Run): void {
  if (liveRuns.get(run.conversation_id)?.runId === run.id) return; // its stream will tell
  if (!ended.has(run.id)) void settle(run.conversation_id);
}

export interface NewMessage {
  text: string;
  files: FilePart[];
  /** Absent: after the newest message. Editing gives the parent of what is edited. */
  parentId?: string | null;
}

/** Sends a message: shown at once, taken back when the server refuses (then this rejects). */
export async function sendMessage(conversationId: string, message: NewMessage): Promise<void> {
  const { text, files, parentId } = message;
  const before = getBranch(conversationId);
  setBranch(conversationId, (branch) => {
    const parent = parentId === undefined ? (messagesOf(branch).at(-1)?.id ?? null) : parentId;
    const pending: Message = {
      id: PENDING + idempotencyKey(),
      conversation_id: conversationId,
      parent_id: parent,
      role: "user",
      parts: [...files, { type: "text", text }],
      sibling_ids: [],
      run: null,
      created_at: new Date().toISOString(),
    };
    return append(truncateAfter(branch, parent), [pending]);
  });
  await start(
    conversationId,
    {
      message: { text, file_ids: files.map((file) => file.file_id) },
      ...(parentId === undefined ? {} : { parent_id: parentId }),
    },
    before,
  );
}

/** Another answer to the same question: "regenerate" and "retry". */
export async function regenerate(
  conversationId: string,
  message: Message,
  model?: string,
): Promise<void> {
  const before = getBranch(conversationId);
  const question = message.role === "user" ? message.id : (message.parent_id ?? null);
  setBranch(conversationId, (branch) => truncateAfter(branch, question));
  await start(conversationId, { regenerate: message.id, ...(model ? { model } : {}) }, before);
}

async function start(
  conversationId: string,
  body: StartRunRequest,
  before: Branch | undefined,
): Promise<void> {
  setRefusal(conversationId, null);
  try {
    await liveRuns.start(conversationId, body, idempotencyKey());
  } catch (error) {
    if (isLimit(error)) {
      // An edit stays with the message that it was meant for.
      const text = body.parent_id === undefined ? (body.message?.text ?? null) : null;
      setRefusal(conversationId, { error, text });
    }
    if (before) queryClient.setQueryData(chatKeys.branch(conversationId), before);
    if (error instanceof ApiError && error.code === "run_active") void settle(conversationId);
    throw error;
  }
}

/** Stops a run: shown at once, confirmed by the stream's own end. */
export async function stopRun(conversationId: string): Promise<void> {
  liveRuns.stopping(conversationId, true);
  const id = liveRuns.get(conversationId)?.runId ?? null;
  if (id === null) return; // as soon as it has a name
  try {
    await cancelRun({ path: { id } });
  } catch (error) {
    liveRuns.stopping(conversationId, false);
    throw error;
  }
}

/** Shows the branch through another version of a message. */
export async function selectBranch(
  conversationId: string,
  message: Message,
  siblingId: string,
): Promise<void> {
  const conversation = await selectBranchRequest({
    path: { id: conversationId },
    body: { message_id: siblingId },
  });
  cacheConversation(queryClient, conversation);
  await refreshBranch(conversationId, message.parent_id ?? null);
}
