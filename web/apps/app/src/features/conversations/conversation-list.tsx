/** The person's conversations in the sidebar: grouped, endless, live; the archive behind a switch. */
import { Trans, useLingui } from "@lingui/react/macro";
import { i18n } from "@parlance/i18n";
import { Button, IconButton, Skeleton } from "@parlance/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@/lib/navigation";
import { Archive, ArrowLeft, Search, Users, X } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { loadEvents } from "@/features/chat/load";
import { ListSkeleton } from "@/features/shell/list-skeleton";
import { useConversationCommands } from "./commands";
import { ConversationItem } from "./conversation-item";
import { groupConversations, groupId, type GroupKey } from "./groups.logic";
import { conversationList } from "./queries";

const SEARCH_DELAY_MS = 200;

export default function ConversationList() {
  const { t } = useLingui();
  const { conversationId } = useParams();
  const [place, setPlace] = useState<"own" | "archive" | "shared">("own");
  const archived = place === "archive";
  const shared = place === "shared";
  const [query, setQuery] = useState("");
  const q = useDebounced(query.trim(), SEARCH_DELAY_MS);
  const grouped = place === "own" && q === "";
  const pinned = useInfiniteQuery({
    ...conversationList({ q: "", archived: false, pinned: true }),
    enabled: grouped,
  });
  const others = useInfiniteQuery(
    conversationList(
      grouped ? { q, archived, pinned: false } : { q, archived, ...(shared && { shared }) },
    ),
  );
  useConversationCommands();
  useEffect(() => void loadEvents().then(({ followEvents }) => followEvents()), []);
  const day = useToday();

  const groups = useMemo(
    () =>
      groupConversations(
        grouped ? (pinned.data?.pages.flatMap((page) => page.data) ?? []) : [],
        others.data?.pages.flatMap((page) => page.data) ?? [],
        new Date(day),
      ),
    [grouped, pinned.data, others.data, day],
  );

  const loading = others.isPending || (grouped && pinned.isPending);
  return (
    <div className="flex h-full flex-col">
      <div className="px-2.5 pb-1">
        {place !== "own" && (
          <div className="flex h-9 items-center gap-1 pb-1 text-sm font-medium">
            <IconButton size="sm" label={t`Back to conversations`} onClick={() => setPlace("own")}>
              <ArrowLeft size={16} aria-hidden />
            </IconButton>
            {shared ? <Trans>Shared with you</Trans> : <Trans>Archive</Trans>}
          </div>
        )}
        <SearchField value={query} onChange={setQuery} archived={archived} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2.5 pb-3">
        {loading ? (
          <ListSkeleton />
        ) : others.isError ? (
          <div className="px-2.5 py-6 text-sm text-muted">
            <p>
              <Trans>Your conversations could not be loaded.</Trans>
            </p>
            <Button size="sm" className="mt-3" onClick={() => void others.refetch()}>
              <Trans>Try again</Trans>
            </Button>
          </div>
        ) : groups.length === 0 ? (
          <p className="px-2.5 py-6 text-sm text-subtle">
            {q !== "" ? (
              <Trans>Nothing found for “{q}”.</Trans>
            ) : shared ? (
              <Trans>Nobody has shared a conversation with you yet.</Trans>
            ) : archived ? (
              <Trans>Nothing is archived.</Trans>
            ) : (
              <Trans>Your conversations will be kept here.</Trans>
            )}
          </p>
        ) : (
          groups.map((group) => (
            <Group key={groupId(group.key)} heading={q === "" && !archived ? group.key : undefined}>
              {group.conversations.map((conversation) => (
                <ConversationItem
                  key={conversation.id}
                  conversation={conversation}
                  active={conversation.id === conversationId}
                />
              ))}
            </Group>
          ))
        )}
        {!loading && others.hasNextPage && (
          <More
            busy={others.isFetchingNextPage}
            onVisible={() => void others.fetchNextPage({ cancelRefetch: false })}
          />
        )}
        {grouped && !loading && (
          <div className="mt-3">
            <Place icon={<Users size={15} aria-hidden />} onOpen={() => setPlace("shared")}>
              <Trans>Shared with you</Trans>
            </Place>
            <Place icon={<Archive size={15} aria-hidden />} onOpen={() => setPlace("archive")}>
              <Trans>Archive</Trans>
            </Place>
          </div>
        )}
      </div>
    </div>
  );
}

/** A way to conversations that are not among the person's own. */
function Place({
  icon,
  onOpen,
  children,
}: {
  icon: React.ReactNode;
  onOpen: () => void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex h-8 w-full items-center gap-2 rounded-md px-2.5 text-[0.8125rem] text-muted transition-colors hover:bg-hover hover:text-fg touch:h-11"
    >
      {icon}
      {children}
    </button>
  );
}

function SearchField({
  value,
  onChange,
  archived,
}: {
  value: string;
  onChange: (value: string) => void;
  archived: boolean;
}) {
  const { t } = useLingui();
  const label = archived ? t`Search the archive` : t`Search conversations`;
  return (
    <div className="relative">
      <Search
        size={15}
        aria-hidden
        className="pointer-events-none absolute start-2.5 top-1/2 -translate-y-1/2 text-subtle"
      />
      <input
        type="search"
        value={value}
        aria-label={label}
        placeholder={label}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value !== "") {
            event.preventDefault();
            onChange("");
          }
        }}
        className="h-8.5 w-full rounded-md border border-transparent bg-hover ps-8 pe-8 text-sm transition-colors focus-visible:border-accent focus-visible:bg-surface focus-visible:outline-none touch:h-11 touch:text-base [&::-webkit-search-cancel-button]:hidden"
      />
      {value !== "" && (
        <IconButton
          size="sm"
          label={t`Clear search`}
          onClick={() => onChange("")}
          className="absolute end-0.5 top-1/2 -translate-y-1/2"
        >
          <X size={14} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

function Group({
  heading,
  children,
}: {
  heading: GroupKey | undefined;
  children: React.ReactNode;
}) {
  const { t } = useLingui();
  const id = useId();
  const names = {
    pinned: t`Pinned`,
    today: t`Today`,
    yesterday: t`Yesterday`,
    week: t`Previous 7 days`,
    month: t`Previous 30 days`,
  };
  const name = heading && (heading.kind === "calendar" ? monthName(heading) : names[heading.kind]);
  return (
    <section aria-labelledby={name ? id : undefined}>
      {name && (
        <h2
          id={id}
          className="px-2.5 pt-4 pb-1 text-xs font-medium text-subtle first-letter:uppercase"
        >
          {name}
        </h2>
      )}
      <ul className="space-y-px">{children}</ul>
    </section>
  );
}

function monthName({ year, month }: { year: number; month: number }): string {
  return new Intl.DateTimeFormat(i18n.locale, {
    month: "long",
    ...(year === new Date().getFullYear() ? {} : { year: "numeric" }),
  }).format(new Date(year, month, 1));
}

/** Loads more when it comes near. */
function More({ busy, onVisible }: { busy: boolean; onVisible: () => void }) {
  const { t } = useLingui();
  const element = useRef<HTMLDivElement>(null);
  const latest = useRef(onVisible);
  useEffect(() => {
    latest.current = onVisible;
  });
  useEffect(() => {
    if (busy || !element.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && latest.current(),
      { rootMargin: "300px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [busy]);
  return (
    <div ref={element} role="status" aria-label={t`Loading more`} className="space-y-3 px-2.5 py-3">
      <Skeleton className="h-4 w-4/5" />
      <Skeleton className="h-4 w-3/5" />
    </div>
  );
}

function useDebounced<T>(value: T, delay: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}

/** Today's date as text; changes at midnight, so that "Today" does not grow old. */
function useToday(): string {
  const [day, setDay] = useState(() => new Date().toDateString());
  useEffect(() => {
    const timer = setInterval(() => setDay(new Date().toDateString()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return day;
}
