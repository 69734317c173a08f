/**
 * The messages of a conversation as a virtual list that is anchored at its end: it stays at the
 * newest text until the person scrolls away, and older pages come in above without moving
 * what is being read.
 */
import { useLingui } from "@lingui/react/macro";
import { messagesOf, type FilePart, type LiveRun, type Message } from "@parlance/chat-core";
import { IconButton, Spinner, type MenuEntry } from "@parlance/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { branchQuery } from "../queries";
import { isPending } from "../runs";
import { estimateHeight, shownParts, threadRows, type Row } from "../thread.logic";
import { AssistantMessage } from "./assistant-message";
import { UserMessage } from "./user-message";

/** This close to the end counts as being there. */
const NEAR_END = 48;
/** Rows from the top at which older messages are asked for. */
const LOAD_AHEAD = 6;

export interface ThreadActions {
  onEdit: (message: Message | null) => void;
  onResend: (message: Message, text: string, files: FilePart[]) => void;
  onRegenerate: (message: Message, model?: string) => void;
  onSelectBranch: (message: Message, siblingId: string) => void;
  modelName: (id: string) => string;
  /** Of somebody else who wrote a message; undefined: the person themselves, or nobody known. */
  authorName: (message: Message) => string | undefined;
  /** The conversation can only be read. */
  readOnly: boolean;
  models: (message: Message) => MenuEntry[];
}

export function Thread({
  conversationId,
  live,
  busy,
  editingId,
  actions,
}: {
  conversationId: string;
  live: LiveRun | undefined;
  busy: boolean;
  editingId: string | null;
  actions: ThreadActions;
}) {
  const { t } = useLingui();
  const branch = useInfiniteQuery(branchQuery(conversationId));
  const messages = useMemo(() => messagesOf(branch.data), [branch.data]);
  const rows = useMemo(() => threadRows(messages, live), [messages, live]);
  const scroller = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const [away, setAway] = useState(false);

  // Its functions are called in render and effects only, never passed on.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimateHeight(rows[index], scroller.current?.clientWidth ?? 720),
    getItemKey: (index) => rows[index]?.key ?? index,
    anchorTo: "end",
    followOnAppend: following,
    scrollEndThreshold: following ? NEAR_END : 0,
    overscan: 4,
    gap: 18,
    paddingStart: 20,
    paddingEnd: 28,
  });

  useLayoutEffect(() => {
    setFollowing(true);
    virtual.scrollToEnd();
  }, [conversationId, virtual]);

  // What the person has just sent comes into view wherever they were.
  const last = messages.at(-1);
  const sent = last && isPending(last) ? last.id : null;
  useLayoutEffect(() => {
    if (sent === null) return;
    setFollowing(true);
    virtual.scrollToEnd();
  }, [sent, virtual]);

  const items = virtual.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = branch;
  useEffect(() => {
    if (firstShown < LOAD_AHEAD && hasNextPage && !isFetchingNextPage && !isError) {
      void fetchNextPage({ cancelRefetch: false });
    }
  }, [firstShown, hasNextPage, isFetchingNextPage, isError, fetchNextPage, rows.length]);

  const lastTop = useRef(0);
  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (distance < 4) setFollowing(true);
    setAway(distance > 240);
    lastTop.current = element.scrollTop;
  };
  /** Any move upwards by hand lets go, however small: text that grows must not pull the reader back. */
  const letGo = useCallback(() => setFollowing(false), []);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={t`Messages`}
        tabIndex={0}
        onScroll={onScroll}
        onWheel={(event) => event.deltaY < 0 && letGo()}
        onTouchMove={() => {
          const element = scroller.current;
          if (element && element.scrollTop < lastTop.current) letGo();
        }}
        onKeyDown={(event) => {
          if (event.target === event.currentTarget && /^(PageUp|Home|ArrowUp)$/.test(event.key))
            letGo();
        }}
        className="h-full overflow-y-auto overscroll-contain outline-offset-[-2px] [overflow-anchor:none]"
      >
        {isFetchingNextPage && (
          <div className="pointer-events-none absolute inset-x-0 top-2 z-10 grid place-items-center text-muted">
            <Spinner label={t`Loading older messages`} />
          </div>
        )}
        <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <div
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${start}px)` }}
              >
                <ThreadRow
                  row={row}
                  busy={busy}
                  editing={row.kind === "message" && row.message.id === editingId}
                  actions={actions}
                />
              </div>
            );
          })}
        </div>
      </div>
      {away && (
        <IconButton
          label={t`Jump to latest`}
          variant="outline"
          onClick={() => {
            setFollowing(true);
            virtual.scrollToEnd({ behavior: "smooth" });
          }}
          className="absolute! bottom-3 left-1/2 -translate-x-1/2 animate-fade rounded-full! bg-raised! shadow-md"
        >
          <ArrowDown size={17} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

const ThreadRow = memo(function ThreadRow({
  row,
  busy,
  editing,
  actions,
}: {
  row: Row;
  busy: boolean;
  editing: boolean;
  actions: ThreadActions;
}) {
  const { t } = useLingui();
  const message: Message =
    row.kind === "message"
      ? row.message
      : {
          id: row.key,
          conversation_id: row.live.conversationId,
          role: "assistant",
          parts: [],
          sibling_ids: [],
          created_at: "",
        };
  const model = row.live?.state.run?.model ?? message.run?.model;
  const modelName = model === undefined ? "" : actions.modelName(model);
  return (
    <article
      aria-label={
        message.role === "user"
          ? (actions.authorName(message) ?? t`You`)
          : modelName === ""
            ? t`Assistant`
            : t`Answer of ${modelName}`
      }
      data-message-id={message.id}
      data-role={message.role}
      className="mx-auto w-full max-w-3xl px-4 sm:px-6"
    >
      {message.role === "user" ? (
        <UserMessage
          message={message}
          author={actions.authorName(message)}
          readOnly={actions.readOnly}
          busy={busy}
          editing={editing}
          onEdit={(on) => actions.onEdit(on ? message : null)}
          onResend={(text, files) => actions.onResend(message, text, files)}
          onSelectBranch={(id) => actions.onSelectBranch(message, id)}
        />
      ) : (
        <AssistantMessage
          message={message}
          live={row.live}
          parts={shownParts(message, row.live)}
          modelName={modelName}
          readOnly={actions.readOnly}
          busy={busy}
          models={() => actions.models(message)}
          onRegenerate={() => actions.onRegenerate(message)}
          onSelectBranch={(id) => actions.onSelectBranch(message, id)}
        />
      )}
    </article>
  );
});
