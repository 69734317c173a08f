/**
 * The command palette: an editable combobox over a listbox (WAI-ARIA APG). The focus stays in the
 * field; arrows move the active option. Sources (conversations) are asked while one types.
 */
import { DialogPrimitive as Dialog } from "@parlance/ui/dialog";
import { Trans, useLingui } from "@lingui/react/macro";
import { cn, Kbd, Spinner } from "@parlance/ui";
import { useQueries } from "@tanstack/react-query";
import { Check, Search } from "lucide-react";
import { useDeferredValue, useEffect, useId, useMemo, useRef, useState } from "react";
import { closeOverlay } from "./open";
import { grouped, rank } from "./rank.logic";
import { useRegistry, type Command } from "./registry";

export default function Palette() {
  const { t } = useLingui();
  const { commands, sources } = useRegistry();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const typed = useDeferredValue(query.trim());

  const found = useQueries({
    queries: sources.map((source) => ({
      queryKey: ["command-source", source.id, typed],
      queryFn: ({ signal }: { signal: AbortSignal }) => source.search(typed, signal),
      staleTime: 10_000,
      placeholderData: (previous: Command[] | undefined) => previous,
    })),
  });
  const searching = found.some((result) => result.isFetching) && typed !== "";
  const results = found.flatMap((result) => result.data ?? []);
  const groups = useMemo(
    () => grouped([...rank(commands, typed), ...results]),
    // The results' identity changes with every render; their ids tell them apart.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [commands, typed, results.map((command) => command.id).join()],
  );
  const flat = groups.flatMap(([, members]) => members);
  const current = Math.min(active, flat.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [current]);

  const run = (command: Command | undefined) => {
    if (!command) return;
    closeOverlay();
    command.run();
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowDown: (current + 1) % flat.length,
      ArrowUp: (current - 1 + flat.length) % flat.length,
      PageDown: Math.min(current + 8, flat.length - 1),
      PageUp: Math.max(current - 8, 0),
    };
    const next = moves[event.key];
    if (next !== undefined && flat.length > 0) {
      event.preventDefault();
      setActive(next);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(flat[current]);
    }
  };

  let index = -1;
  return (
    <Dialog.Root open onOpenChange={(open) => !open && closeOverlay()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-50 animate-fade bg-backdrop" />
        <Dialog.Popup
          aria-label={t`Search and commands`}
          className="fixed inset-x-3 top-[max(0.75rem,12dvh)] z-50 mx-auto flex max-h-[min(30rem,76dvh)] max-w-xl animate-pop flex-col overflow-hidden rounded-xl border border-line bg-raised text-fg shadow-lg outline-none"
        >
          <div className="flex shrink-0 items-center gap-3 border-b border-line px-4">
            {searching ? (
              <Spinner className="text-subtle" />
            ) : (
              <Search size={17} className="shrink-0 text-subtle" aria-hidden />
            )}
            <input
              role="combobox"
              aria-expanded
              aria-controls={listId}
              aria-activedescendant={flat[current] ? `${listId}-${current}` : undefined}
              aria-autocomplete="list"
              aria-label={t`Search chats and commands`}
              placeholder={t`Search chats and commands`}
              value={query}
              onChange={(event) => {
                setQuery(event.target.value);
                setActive(0);
              }}
              onKeyDown={onKeyDown}
              spellCheck={false}
              autoComplete="off"
              className="h-13 w-full bg-transparent text-base outline-none"
            />
            <Kbd className="touch:hidden">Esc</Kbd>
          </div>
          <div
            ref={list}
            id={listId}
            role="listbox"
            aria-label={t`Results`}
            className="min-h-0 flex-1 overflow-y-auto overscroll-contain p-1.5"
          >
            {groups.map(([group, members]) => (
              <div key={group} role="group" aria-label={group}>
                <div aria-hidden className="px-2.5 pt-2.5 pb-1 text-xs font-medium text-subtle">
                  {group}
                </div>
                {members.map((command) => {
                  index += 1;
                  const position = index;
                  return (
                    <Option
                      key={command.id}
                      id={`${listId}-${position}`}
                      command={command}
                      selected={position === current}
                      onHover={() => setActive(position)}
                      onRun={() => run(command)}
                    />
                  );
                })}
              </div>
            ))}
          </div>
          {flat.length === 0 && !searching && (
            <p role="status" className="px-4 pt-4 pb-8 text-center text-sm text-muted">
              <Trans>Nothing found for “{query}”.</Trans>
            </p>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Option({
  id,
  command,
  selected,
  onHover,
  onRun,
}: {
  id: string;
  command: Command;
  selected: boolean;
  onHover: () => void;
  onRun: () => void;
}) {
  return (
    <div
      id={id}
      role="option"
      aria-selected={selected}
      onPointerMove={selected ? undefined : onHover}
      onClick={onRun}
      className={cn(
        "flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-2.5 text-sm touch:min-h-11",
        selected && "bg-hover",
      )}
    >
      {command.icon && (
        <span className="grid size-5 place-items-center text-muted">{command.icon}</span>
      )}
      <span className="min-w-0 flex-1 truncate">{command.label}</span>
      {command.checked && <Check size={16} className="text-accent" aria-hidden />}
      {command.keys && <Kbd className="touch:hidden">{command.keys}</Kbd>}
    </div>
  );
}
