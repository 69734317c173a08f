/** The chat: a new one at "/", one that exists at "/c/…". One component, so that sending does not flash. */
import { Trans, useLingui } from "@lingui/react/macro";
import { createConversation, idempotencyKey, isApiError } from "@parlance/api";
import { isActive, messagesOf, type FilePart, type Message } from "@parlance/chat-core";
import { Button, buttonClass, EmptyState, Skeleton, toast, type MenuEntry } from "@parlance/ui";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { MessageCircleQuestion } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { followEvents } from "@/features/conversations/events";
import {
  cacheConversation,
  conversationDetail,
  useUpdateConversation,
} from "@/features/conversations/queries";
import { titleOf } from "@/features/conversations/title";
import { ModelButton } from "@/features/models/model-button";
import { chooseModel, shortModelId } from "@/features/models/models.logic";
import { availableModels, type Model } from "@/features/models/queries";
import { PageHeader } from "@/features/shell/page-header";
import { useShortcuts } from "@/features/shortcuts/shortcuts";
import { toastError } from "@/lib/errors";
import { queryClient } from "@/lib/query-client";
import { Announcer } from "./components/announcer";
import { ChatHeader } from "./components/chat-header";
import { Composer, type ComposerHandle } from "./components/composer";
import { EmptyChat } from "./components/empty-chat";
import { SettingsButton } from "./components/settings-button";
import type { ThreadActions } from "./components/thread";
import { chatErrorMessage } from "./errors";
import { loadMarkdown } from "./markdown/answer";
import { branchQuery, refreshBranch, seedBranch } from "./queries";
import { attachTo, regenerate, selectBranch, sendMessage, stopRun, useLiveRun } from "./runs";
import { lastModel, rememberModel, type ChatSettings } from "./settings";

const loadThread = () => import("./components/thread");
const Thread = lazy(loadThread);
followEvents();

const NEW: ChatSettings = { model: null, system_prompt: null, parameters: {} };

export default function ChatPage() {
  const { t } = useLingui();
  const { conversationId } = useParams({ strict: false });
  const navigate = useNavigate();
  const composer = useRef<ComposerHandle>(null);
  const live = useLiveRun(conversationId);
  const { data: models = [] } = useQuery(availableModels);
  const detail = useQuery({
    ...conversationDetail(conversationId ?? ""),
    enabled: conversationId !== undefined,
  });
  const conversation = conversationId === undefined ? undefined : detail.data;
  const branch = useInfiniteQuery({
    ...branchQuery(conversationId ?? ""),
    enabled: conversationId !== undefined,
  });
  const newest = branch.data?.pages[0]?.data[0];
  const [fresh, setFresh] = useState<ChatSettings>(NEW);
  const [starting, setStarting] = useState(false);
  const [editing, setEditing] = useState<{ in: string; id: string } | null>(null);
  const editingId = editing !== null && editing.in === conversationId ? editing.id : null;

  const settings: ChatSettings = conversation ?? fresh;
  const wanted = conversation?.model ?? fresh.model;
  const model = chooseModel(models, wanted, conversation ? null : lastModel());
  const running = live !== undefined || starting;

  useEffect(() => {
    // The next thing to be needed, while the person reads or types.
    void loadThread();
    void loadMarkdown();
  }, []);
  useEffect(() => {
    if (conversationId === undefined) return;
    const refresh = () => {
      if (document.visibilityState === "visible") {
        refreshBranch(conversationId).catch(() => undefined); // the net; streams and events come first
      }
    };
    refresh();
    document.addEventListener("visibilitychange", refresh);
    return () => document.removeEventListener("visibilitychange", refresh);
  }, [conversationId]);

  // A run that goes on at the server: after a reload, or begun in another tab.
  const activeRunId =
    conversation?.active_run_id ?? (isActive(newest?.run) ? (newest?.run?.id ?? null) : null);
  const loaded = branch.data !== undefined;
  useEffect(() => {
    if (conversationId !== undefined && activeRunId !== null && loaded) {
      attachTo(conversationId, activeRunId);
    }
  }, [conversationId, activeRunId, loaded]);

  const update = useUpdateConversation();
  const change = (body: Partial<ChatSettings>) => {
    if (conversation) update.mutate({ id: conversation.id, ...body }, { onError: toastError });
    else setFresh((before) => ({ ...before, ...body }));
  };

  const send = async (text: string, files: FilePart[]) => {
    try {
      if (conversationId !== undefined) return await sendMessage(conversationId, { text, files });
      setStarting(true);
      const made = await createConversation({
        body: { ...fresh, model: model?.id ?? null },
        headers: { "Idempotency-Key": idempotencyKey() },
      });
      cacheConversation(queryClient, made);
      seedBranch(made.id);
      setFresh(NEW);
      const sent = sendMessage(made.id, { text, files });
      await navigate({ to: "/c/$conversationId", params: { conversationId: made.id } });
      await sent;
    } catch (error) {
      refused(error);
      throw error;
    } finally {
      setStarting(false);
    }
  };
  const stop = () => {
    if (conversationId !== undefined) stopRun(conversationId).catch(toastError);
  };

  const editLast = useCallback(() => {
    const last = messagesOf(branch.data).findLast((message) => message.role === "user");
    if (last && !running) setEditing({ in: last.conversation_id, id: last.id });
  }, [branch.data, running]);

  const actions = useMemo<ThreadActions>(() => {
    const id = conversationId ?? "";
    const again = (message: Message, modelId?: string) => {
      regenerate(id, message, modelId).catch(refused);
    };
    return {
      onEdit: (message) => {
        setEditing(message && { in: id, id: message.id });
        if (message === null) composer.current?.focus();
      },
      onResend: (message, text, files) => {
        sendMessage(id, { text, files, parentId: message.parent_id ?? null }).catch(refused);
        composer.current?.focus();
      },
      onRegenerate: again,
      onSelectBranch: (message, siblingId) => {
        selectBranch(id, message, siblingId).catch(toastError);
      },
      modelName: (modelId) =>
        models.find((candidate) => candidate.id === modelId)?.name ?? shortModelId(modelId),
      models: (message) => modelEntries(models, message, (modelId) => again(message, modelId)),
    };
  }, [conversationId, models]);

  useShortcuts([
    {
      keys: "shift+escape",
      label: t`Write a message`,
      group: t`Chat`,
      run: () => composer.current?.focus(),
    },
    { keys: "enter", label: t`Send`, group: t`Chat` },
    { keys: "shift+enter", label: t`New line`, group: t`Chat` },
    { keys: "arrowup", label: t`Edit the last message (when nothing is written)`, group: t`Chat` },
    {
      keys: "escape",
      label: t`Stop the answer`,
      group: t`Chat`,
      run: () => (live ? stop() : false),
    },
  ]);

  const title = conversation ? titleOf(conversation) : t`New chat`;
  useEffect(() => {
    document.title = `${title} · Parlance`;
  }, [title]);

  const field = (
    <Composer
      ref={composer}
      key="composer"
      conversationId={conversationId}
      running={running}
      stopping={live?.stopping ?? starting}
      vision={model?.capabilities.vision}
      onSend={send}
      onStop={stop}
      onEditLast={editLast}
    >
      <SettingsButton settings={settings} model={model} onChange={change} />
      <ModelButton
        modelId={wanted}
        model={wanted === null || model?.id === wanted ? model : undefined}
        onSelect={(chosen) => {
          rememberModel(chosen.id);
          change({ model: chosen.id });
          composer.current?.focus();
        }}
      />
    </Composer>
  );

  if (conversationId === undefined) {
    return (
      <>
        <PageHeader />
        <EmptyChat composer={field} onSuggest={(text) => composer.current?.fill(text)} />
      </>
    );
  }
  if (detail.isError && !conversation) {
    return <Missing error={detail.error} onRetry={() => void detail.refetch()} />;
  }
  return (
    <>
      <ChatHeader conversation={conversation} />
      {branch.isError && !branch.data ? (
        <Missing error={branch.error} onRetry={() => void branch.refetch()} />
      ) : branch.data ? (
        <Suspense fallback={<ThreadSkeleton />}>
          <Thread
            key={conversationId}
            conversationId={conversationId}
            live={live}
            busy={running}
            editingId={editingId}
            actions={actions}
          />
        </Suspense>
      ) : (
        <ThreadSkeleton />
      )}
      <div className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-[max(0.5rem,env(safe-area-inset-bottom))] sm:px-6">
        {field}
        <p className="pt-2 text-center text-xs text-subtle">
          <Trans>Answers can be wrong. Check what matters.</Trans>
        </p>
      </div>
      <Announcer key={conversationId} live={live} />
    </>
  );
}

/** A message that was not taken: the reason, in words. */
function refused(error: unknown): void {
  const text = chatErrorMessage(error);
  toast.error(text, { id: `chat:${text}` });
}

/** Models to answer again with: those that can be used, the one that spoke marked. */
function modelEntries(
  models: readonly Model[],
  message: Message,
  onSelect: (id: string) => void,
): MenuEntry[] {
  return models.slice(0, 40).map((model) => ({
    label: model.name,
    detail: model.provider.name,
    checked: model.id === message.run?.model,
    onSelect: () => onSelect(model.id),
  }));
}

function Missing({ error, onRetry }: { error: unknown; onRetry: () => void }) {
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
        {gone && <Trans>It may have been deleted, or belong to another workspace.</Trans>}
      </EmptyState>
    </>
  );
}

function ThreadSkeleton() {
  const { t } = useLingui();
  return (
    <div role="status" aria-label={t`Loading messages`} className="min-h-0 flex-1 overflow-hidden">
      <div className="mx-auto w-full max-w-3xl space-y-8 px-4 pt-6 sm:px-6">
        <Skeleton className="ms-auto h-11 w-3/5 rounded-2xl" />
        <div className="space-y-3">
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-4 w-11/12" />
          <Skeleton className="h-4 w-4/5" />
          <Skeleton className="h-4 w-2/5" />
        </div>
        <Skeleton className="ms-auto h-11 w-2/5 rounded-2xl" />
        <div className="space-y-3">
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-4 w-3/5" />
        </div>
      </div>
    </div>
  );
}
