import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError } from "@parlance/api";
import { isActive, messagesOf, type FilePart, type Message } from "@parlance/chat-core";
import type { MenuEntry } from "@parlance/ui";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { conversationDetail, useUpdateConversation } from "@/features/conversations/queries";
import { titleOf } from "@/features/conversations/title";
import { ModelButton } from "@/features/models/model-button";
import { shortModelId } from "@/features/models/models.logic";
import type { Model } from "@/features/models/queries";
import { participantsQuery } from "@/features/sharing/queries";
import { Missing } from "@/features/sharing/missing";
import { ReadOnly } from "@/features/sharing/read-only";
import { usePermission, useSession } from "@/features/session/use-session";
import { useShortcuts } from "@/features/shortcuts/shortcuts";
import { toastError } from "@/lib/errors";
import { ChatHeader } from "./components/chat-header";
import { Composer, type ComposerHandle } from "./components/composer";
import { SettingsButton } from "./components/settings-button";
import { Thread, type ThreadActions } from "./components/thread";
import { ThreadSkeleton } from "./components/thread-skeleton";
import { LIMITS, toastRefusal } from "./errors";
import { loadMarkdown } from "./markdown/answer";
import { branchQuery, refreshBranch } from "./queries";
import { setRefusal, useRefusal } from "./refusals";
import { attachTo, regenerate, selectBranch, sendMessage, stopRun, useLiveRun } from "./runs";
import { rememberModel, type ChatSettings } from "./settings";
import { useChatModels } from "./use-chat-models";

void loadMarkdown();

const LimitBanner = lazy(() => import("./components/limit-banner"));

const DEFAULTS: ChatSettings = { model: null, system_prompt: null, parameters: {} };

/** A conversation: its messages, its run if one goes on, and the field to go on with. */
export default function ConversationView({ conversationId }: { conversationId: string }) {
  const { t } = useLingui();
  const composer = useRef<ComposerHandle>(null);
  const live = useLiveRun(conversationId);
  const detail = useQuery(conversationDetail(conversationId));
  const conversation = detail.data;
  const branch = useInfiniteQuery(branchQuery(conversationId));
  const [editingId, setEditingId] = useState<string | null>(null);
  const settings: ChatSettings = conversation ?? DEFAULTS;
  const { models, model, shown } = useChatModels(settings.model, false);
  const running = live !== undefined;
  const writes = usePermission("chat.write");
  const readOnly = conversation?.access === "view" || (conversation?.access === "edit" && !writes);
  const me = useSession()?.user.id;
  const others = messagesOf(branch.data).some((message) => isOthers(message, me));
  const people = useQuery({ ...participantsQuery(conversationId), enabled: others }).data;

  useEffect(() => {
    // The net under streams and events: the newest page again whenever the person comes back.
    const refresh = () => {
      if (document.visibilityState === "visible") {
        refreshBranch(conversationId).catch(() => undefined);
      }
    };
    refresh();
    document.addEventListener("visibilitychange", refresh);
    return () => document.removeEventListener("visibilitychange", refresh);
  }, [conversationId]);

  // A run that goes on at the server: after a reload, or begun in another tab.
  const newest = branch.data?.pages[0]?.data[0];
  const activeRunId =
    conversation?.active_run_id ?? (isActive(newest?.run) ? (newest?.run?.id ?? null) : null);
  const loaded = branch.data !== undefined;
  useEffect(() => {
    if (activeRunId !== null && loaded) attachTo(conversationId, activeRunId);
  }, [conversationId, activeRunId, loaded]);

  // A spend cap stopped the message, or the answer half way.
  const refusal = useRefusal(conversationId);
  const stopped = newest?.run?.status === "failed" ? newest.run.error?.code : undefined;
  const limit = refusal?.error.code ?? stopped;
  useEffect(() => {
    if (refusal?.text == null) return;
    composer.current?.fill(refusal.text);
    setRefusal(conversationId, { ...refusal, text: null });
  }, [conversationId, refusal]);

  const update = useUpdateConversation();
  const change = (body: Partial<ChatSettings>) =>
    update.mutate({ id: conversationId, ...body }, { onError: toastError });

  const send = (text: string, files: FilePart[]) =>
    sendMessage(conversationId, { text, files }).catch((error: unknown) => {
      toastRefusal(error);
      throw error;
    });
  const stop = () => {
    stopRun(conversationId).catch(toastError);
  };

  const editLast = useCallback(() => {
    const last = messagesOf(branch.data).findLast((message) => message.role === "user");
    if (last && !running && !readOnly) setEditingId(last.id);
  }, [branch.data, running, readOnly]);

  const actions = useMemo<ThreadActions>(() => {
    const again = (message: Message, modelId?: string) => {
      regenerate(conversationId, message, modelId).catch(toastRefusal);
    };
    return {
      onEdit: (message) => {
        setEditingId(message?.id ?? null);
        if (message === null) composer.current?.focus();
      },
      onResend: (message, text, files) => {
        const parentId = message.parent_id ?? null;
        sendMessage(conversationId, { text, files, parentId }).catch(toastRefusal);
        composer.current?.focus();
      },
      onRegenerate: again,
      onSelectBranch: (message, siblingId) => {
        selectBranch(conversationId, message, siblingId).catch(toastError);
      },
      readOnly,
      authorName: (message) =>
        isOthers(message, me) ? people?.[message.author_id ?? ""] : undefined,
      modelName: (modelId) =>
        models.find((candidate) => candidate.id === modelId)?.name ?? shortModelId(modelId),
      models: (message) => modelEntries(models, message, (modelId) => again(message, modelId)),
    };
  }, [conversationId, models, readOnly, me, people]);

  useShortcuts([
    {
      keys: "escape",
      label: t`Stop the answer`,
      group: t`Chat`,
      run: () => (live && !readOnly ? stop() : false),
    },
  ]);

  const title = conversation ? titleOf(conversation) : "";
  useEffect(() => {
    if (title !== "") document.title = `${title} · Parlance`;
  }, [title]);

  if (detail.isError && (!conversation || isApiError(detail.error, "not_found"))) {
    return <Missing error={detail.error} onRetry={() => void detail.refetch()} />;
  }
  if (branch.isError && !branch.data) {
    return <Missing error={branch.error} onRetry={() => void branch.refetch()} />;
  }
  return (
    <>
      <ChatHeader conversation={conversation} />
      {branch.data ? (
        <Thread
          conversationId={conversationId}
          live={live}
          busy={running}
          editingId={editingId}
          actions={actions}
        />
      ) : (
        <ThreadSkeleton />
      )}
      <div className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-[max(0.5rem,env(safe-area-inset-bottom))] sm:px-6">
        {!running && limit !== undefined && LIMITS.includes(limit) && (
          <Suspense fallback={null}>
            <LimitBanner code={limit} error={refusal?.error} />
          </Suspense>
        )}
        {readOnly ? (
          <ReadOnly conversation={conversation} />
        ) : (
          <Composer
            ref={composer}
            conversationId={conversationId}
            running={running}
            stopping={live?.stopping ?? false}
            vision={model?.capabilities.vision}
            onSend={send}
            onStop={stop}
            onEditLast={editLast}
          >
            <SettingsButton settings={settings} model={model} onChange={change} />
            <ModelButton
              modelId={settings.model}
              model={shown}
              onSelect={(chosen) => {
                rememberModel(chosen.id);
                change({ model: chosen.id });
                composer.current?.focusSoon();
              }}
            />
          </Composer>
        )}
        <p className="pt-2 text-center text-xs text-subtle">
          <Trans>Answers can be wrong. Check what matters.</Trans>
        </p>
      </div>
    </>
  );
}

/** Whether somebody else wrote it. */
function isOthers(message: Message, me: string | undefined): boolean {
  return message.role === "user" && message.author_id !== undefined && message.author_id !== me;
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
