/** Models and routes to tick: found by typing, the chosen ones shown above. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Input, Skeleton } from "@parlance/ui";
import { Checkbox } from "@parlance/ui/choice";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useId, useState } from "react";
import { searchModels, shortModelId } from "@/features/models/models.logic";
import { availableModels } from "@/features/models/queries";
import { routesQuery } from "@/features/routing/queries";
import { usePermission } from "@/features/session/use-session";
import { errorMessage } from "@/lib/errors";

const SHOWN = 60;

export function ModelChecklist({
  selected,
  error,
  onToggle,
}: {
  selected: readonly string[];
  error?: string;
  onToggle: (id: string, on: boolean) => void;
}) {
  const { t } = useLingui();
  const id = useId();
  const models = useQuery(availableModels);
  const seesRoutes = usePermission("routes.read");
  const routes = useQuery({ ...routesQuery(), enabled: seesRoutes });
  const [query, setQuery] = useState("");
  const words = query.trim().toLowerCase();
  const foundRoutes = (routes.data ?? []).filter(({ name }) => name.includes(words));
  const found = searchModels(models.data ?? [], query);
  const nameOf = (model: string) =>
    models.data?.find((known) => known.id === model)?.name ?? shortModelId(model);
  return (
    <div className="mt-2.5 rounded-md border border-line-strong">
      {selected.length > 0 && (
        <ul
          aria-label={t`Chosen models`}
          className="flex flex-wrap gap-1.5 border-b border-line p-2"
        >
          {selected.map((model) => (
            <li
              key={model}
              className="flex max-w-full items-center rounded-full bg-accent-soft ps-2.5 text-xs font-medium text-accent"
            >
              <span className="truncate" title={model}>
                {nameOf(model)}
              </span>
              <button
                type="button"
                aria-label={t`Remove ${nameOf(model)}`}
                onClick={() => onToggle(model, false)}
                className="grid size-7 shrink-0 place-items-center rounded-full hover:bg-hover touch:size-11"
              >
                <X size={13} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="p-2">
        <Input
          type="search"
          value={query}
          aria-label={t`Search models and routes`}
          aria-describedby={error ? `${id}-error` : undefined}
          aria-invalid={error ? true : undefined}
          placeholder={t`Search models and routes`}
          className="h-9! text-sm"
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            // Enter in a search field is not "create".
            if (event.key === "Enter") event.preventDefault();
          }}
        />
      </div>
      {error && (
        <p id={`${id}-error`} role="alert" className="px-3 pb-2 text-[0.8125rem] text-danger">
          {error}
        </p>
      )}
      <div
        role="group"
        aria-label={t`Models`}
        tabIndex={0}
        className="max-h-52 space-y-1.5 overflow-y-auto overscroll-contain px-3 pt-0.5 pb-3 touch:space-y-0"
      >
        {foundRoutes.map((route) => (
          <Checkbox
            key={route.id}
            label={route.name}
            hint={t`Route`}
            checked={selected.includes(route.name)}
            onChange={(event) => onToggle(route.name, event.target.checked)}
          />
        ))}
        {found.slice(0, SHOWN).map((model) => (
          <Checkbox
            key={model.id}
            label={model.name}
            hint={model.id}
            checked={selected.includes(model.id)}
            onChange={(event) => onToggle(model.id, event.target.checked)}
          />
        ))}
        {models.isPending && <Skeleton className="h-5 w-48" />}
        {models.error && <p className="text-sm text-danger">{errorMessage(models.error)}</p>}
        {models.data && found.length + foundRoutes.length === 0 && (
          <p className="py-2 text-sm text-muted">
            <Trans>Nothing of this name can be used here.</Trans>
          </p>
        )}
        {found.length > SHOWN && (
          <p className="pt-1 text-[0.8125rem] text-subtle">
            <Plural
              value={found.length - SHOWN}
              one="# more: type to find it."
              other="# more: type to find them."
            />
          </p>
        )}
      </div>
    </div>
  );
}
