import { useLingui } from "@lingui/react/macro";
import { createConversation, idempotencyKey } from "@parlance/api";
import type { FilePart } from "@parlance/chat-core";
import { useNavigate } from "@/lib/navigation";
import { useEffect, useRef, useState } from "react";
import { cacheConversation } from "@/features/conversations/queries";
import { ModelButton } from "@/features/models/model-button";
import { PageHeader } from "@/features/shell/page-header";
import { queryClient } from "@/lib/query-client";
import { Composer, type ComposerHandle } from "./components/composer";
import { EmptyChat } from "./components/empty-chat";
import { SettingsButton } from "./components/settings-button";
import { toastRefusal } from "./errors";
import { loadRuns } from "./load";
import { seedBranch } from "./queries";
import { rememberModel, type ChatSettings } from "./settings";
import { useChatModels } from "./use-chat-models";

/** A chat that does not exist before its first message is sent. */
export function NewChat() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const composer = useRef<ComposerHandle>(null);
  const [settings, setSettings] = useState<ChatSettings>({
    model: null,
    system_prompt: null,
    parameters: {},
  });
  const [starting, setStarting] = useState(false);
  const { model, shown } = useChatModels(settings.model, true);
  useEffect(() => {
    document.title = `${t`New chat`} · Parlance`;
  }, [t]);

  const send = async (text: string, files: FilePart[]) => {
    setStarting(true);
    try {
      const { sendMessage } = await loadRuns();
      const made = await createConversation({
        body: { ...settings, model: model?.id ?? null },
        headers: { "Idempotency-Key": idempotencyKey() },
      });
      cacheConversation(queryClient, made);
      seedBranch(made.id);
      // Not awaited: from here on the conversation's own page shows what becomes of it.
      sendMessage(made.id, { text, files }).catch(toastRefusal);
      await navigate({ to: "/c/$conversationId", params: { conversationId: made.id } });
    } catch (error) {
      setStarting(false);
      toastRefusal(error);
      throw error;
    }
  };

  return (
    <>
      <PageHeader />
      <EmptyChat
        onSuggest={(text) => composer.current?.fill(text)}
        composer={
          <Composer
            ref={composer}
            conversationId={undefined}
            running={starting}
            stopping={starting}
            vision={model?.capabilities.vision}
            onSend={send}
          >
            <SettingsButton
              settings={settings}
              model={model}
              onChange={(change) => setSettings((before) => ({ ...before, ...change }))}
            />
            <ModelButton
              modelId={settings.model}
              model={shown}
              onSelect={(chosen) => {
                rememberModel(chosen.id);
                setSettings((before) => ({ ...before, model: chosen.id }));
                composer.current?.focusSoon();
              }}
            />
          </Composer>
        }
      />
    </>
  );
}
