/** Making a route, or changing one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { ApiError, createRoute, isApiError, updateRoute, type Route } from "@parlance/api";
import { Button, Field, Input, Notice, Switch } from "@parlance/ui";
import { Choices, Radio } from "@parlance/ui/choice";
import { Dialog } from "@parlance/ui/dialog";
import { Plus } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { shortModelId } from "@/features/models/models.logic";
import { toastError } from "@/lib/errors";
import { useFocusFault } from "@/lib/use-focus-fault";
import { useIdempotency } from "@/lib/use-idempotency";
import {
  dotted,
  MAX_TARGETS,
  MAX_WEIGHT,
  mayFindNone,
  move,
  newTarget,
  routeBody,
  routeDraft,
  routeFaults,
  shares,
  type RouteDraft,
  type RouteFault,
} from "./routing.logic";
import { TargetEditor } from "./target-editor";
import { useReorder } from "./use-reorder";

export default function RouteDialog({
  route,
  onSaved,
  onClose,
}: {
  /** Absent: a new one. */
  route?: Route;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const abortId = useId();
  const { form: formElement, focusFault } = useFocusFault();
  const once = useIdempotency();
  const [draft, setDraft] = useState(() => routeDraft(route));
  const [checked, setChecked] = useState(false);
  const [refused, setRefused] = useState<Record<string, string>>({});
  const [pending, setPending] = useState(false);
  const [moved, setMoved] = useState("");
  const words: Record<RouteFault, string> = {
    name: t`Small letters, digits, dots, dashes and underscores; a letter or digit first; at most 64.`,
    model_missing: t`Choose a model.`,
    model_twice: t`This stands twice. Choose another model, or other conditions.`,
    weight: t`A whole number from 1 to ${MAX_WEIGHT}.`,
    tokens: t`A whole number from 1 up, or nothing.`,
    no_targets: t`Add at least one model.`,
  };
  const faults = checked ? routeFaults(draft) : {};
  const errorAt = (path: string) => {
    const fault = faults[path];
    return fault ? words[fault] : refused[path];
  };

  const change = (next: Partial<RouteDraft>) => {
    setDraft((before) => ({ ...before, ...next }));
    setRefused({});
  };
  const moveTarget = (from: number, to: number) => {
    const target = draft.targets[from];
    if (!target || to < 0 || to >= draft.targets.length) return;
    change({ targets: move(draft.targets, from, to) });
    const name = target.model === "" ? t`The target` : shortModelId(target.model);
    const position = to + 1;
    const count = draft.targets.length;
    setMoved(t`${name} is now ${position} of ${count}.`);
  };
  const reorder = useReorder(
    draft.targets.map(({ id }) => id),
    moveTarget,
  );

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (pending) return;
    setChecked(true);
    if (Object.keys(routeFaults(draft)).length > 0) return focusFault();
    setPending(true);
    try {
      const body = routeBody(draft);
      if (route) await updateRoute({ path: { id: route.id }, body });
      else await once(body, createRoute);
      onSaved();
    } catch (error) {
      const fields = error instanceof ApiError ? error.errors : [];
      const taken = isApiError(error, "conflict");
      if (fields.length === 0 && !taken) toastError(error);
      setRefused({
        ...Object.fromEntries(fields.map(({ field, message }) => [dotted(field), message])),
        ...(taken ? { name: t`Another route has this name.` } : {}),
      });
      focusFault();
    } finally {
      setPending(false);
    }
  };

  const parts = shares(draft.targets);
  const known = new Set(["name", "description", "targets"]);
  const others = Object.entries(refused).filter(
    ([path]) =>
      !known.has(path) && !/^targets\.\d+\.(model|weight|when\.max_input_tokens)$/.test(path),
  );
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={route ? t`Edit route` : t`New route`}
      closeLabel={t`Close`}
      className="max-w-2xl!"
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="route" variant="primary" pending={pending}>
            {route ? t`Save` : t`Create route`}
          </Button>
        </>
      }
    >
      <form
        ref={formElement}
        id="route"
        noValidate
        onSubmit={(event) => void submit(event)}
        className="space-y-6"
      >
        <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
          <Field
            label={t`Name`}
            error={errorAt("name")}
            hint={t`What programs give as their model.`}
          >
            {(control) => (
              <Input
                {...control}
                value={draft.name}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                placeholder="fast"
                onChange={(event) => change({ name: event.target.value })}
                className="font-mono text-sm"
              />
            )}
          </Field>
          <Field label={t`Description`} aside={t`optional`} error={errorAt("description")}>
            {(control) => (
              <Input
                {...control}
                value={draft.description}
                autoComplete="off"
                maxLength={500}
                onChange={(event) => change({ description: event.target.value })}
              />
            )}
          </Field>
        </div>
        <Choices legend={t`How a model is chosen`}>
          <Radio
            name="strategy"
            label={t`In order`}
            hint={t`The first that can answer does; the others stand in for it.`}
            checked={draft.strategy === "ordered"}
            onChange={() => change({ strategy: "ordered" })}
          />
          <Radio
            name="strategy"
            label={t`By weight`}
            hint={t`Calls are spread by the weights; the others stand in when one fails.`}
            checked={draft.strategy === "weighted"}
            onChange={() => change({ strategy: "weighted" })}
          />
        </Choices>
        <fieldset className="min-w-0">
          <legend className="mb-1.5 text-sm font-medium">
            <Trans>Models</Trans>
          </legend>
          <ol className="space-y-2">
            {draft.targets.map((target, index) => (
              <TargetEditor
                key={target.id}
                target={target}
                position={index}
                count={draft.targets.length}
                weighted={draft.strategy === "weighted"}
                share={parts[index] ?? null}
                errors={{
                  model: errorAt(`targets.${index}.model`),
                  weight: errorAt(`targets.${index}.weight`),
                  max_input_tokens: errorAt(`targets.${index}.when.max_input_tokens`),
                }}
                reorder={reorder}
                onChange={(values) =>
                  change({
                    targets: draft.targets.map((other) =>
                      other.id === target.id ? { ...other, ...values } : other,
                    ),
                  })
                }
                onMove={(to) => moveTarget(index, to)}
                onRemove={() =>
                  change({ targets: draft.targets.filter(({ id }) => id !== target.id) })
                }
              />
            ))}
          </ol>
          <p role="status" className="sr-only">
            {moved}
          </p>
          {errorAt("targets") && (
            <p role="alert" className="mt-1.5 text-[0.8125rem] text-danger">
              {errorAt("targets")}
            </p>
          )}
          <Button
            size="sm"
            className="mt-2.5"
            disabled={draft.targets.length >= MAX_TARGETS}
            onClick={() => change({ targets: [...draft.targets, newTarget()] })}
          >
            <Plus size={15} aria-hidden />
            <Trans>Add a model</Trans>
          </Button>
          {mayFindNone(draft) && (
            <Notice tone="warning" className="mt-3">
              <Trans>
                Each of these is for some calls only. A call that none of them takes is refused.
              </Trans>
            </Notice>
          )}
        </fieldset>
        <div className="flex items-start gap-4">
          <div className="min-w-0 flex-1 text-sm">
            <label htmlFor={abortId} className="font-medium">
              <Trans>Stop the provider when the caller leaves</Trans>
            </label>
            <p id={`${abortId}-hint`} className="mt-0.5 text-[0.8125rem] text-subtle">
              <Trans>
                What was written until then is billed. Otherwise the answer is completed, and billed
                in full.
              </Trans>
            </p>
          </div>
          <Switch
            id={abortId}
            aria-describedby={`${abortId}-hint`}
            checked={draft.abort_on_disconnect}
            onChange={(event) => change({ abort_on_disconnect: event.target.checked })}
          />
        </div>
        {others.map(([path, message]) => (
          <Notice key={path} tone="danger">
            {message}
          </Notice>
        ))}
      </form>
    </Dialog>
  );
}
