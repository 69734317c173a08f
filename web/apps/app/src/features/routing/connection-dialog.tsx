/** A key of the workspace's own for a provider, with its own deployments where it has any. */
import { Trans, useLingui } from "@lingui/react/macro";
import { ApiError, createConnection, updateConnection, type Connection } from "@parlance/api";
import { Button, Field, IconButton, Input, NativeSelect, Notice } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { Eye, EyeOff, Plus, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { toastError } from "@/lib/errors";
import { useFocusFault } from "@/lib/use-focus-fault";
import { useIdempotency } from "@/lib/use-idempotency";
import { PROVIDERS } from "./names";
import {
  deploymentBody,
  deploymentDraft,
  deploymentFaults,
  dotted,
  isBaseUrl,
  type DeploymentDraft,
  type DeploymentFault,
} from "./routing.logic";

export default function ConnectionDialog({
  connection,
  onSaved,
  onClose,
}: {
  /** Absent: a new one. */
  connection?: Connection;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { form: formElement, focusFault } = useFocusFault();
  const once = useIdempotency();
  const [providerId, setProviderId] = useState(connection?.provider ?? "openai");
  const [name, setName] = useState(connection?.name ?? "");
  const [apiKey, setApiKey] = useState("");
  const [revealed, setRevealed] = useState(false);
  const [baseUrl, setBaseUrl] = useState(connection?.base_url ?? "");
  const [models, setModels] = useState<DeploymentDraft[]>(
    () => connection?.models.map(deploymentDraft) ?? [],
  );
  const [checked, setChecked] = useState(false);
  const [refused, setRefused] = useState<Record<string, string>>({});
  const [pending, setPending] = useState(false);
  const provider = PROVIDERS.find(({ id }) => id === providerId);
  const deploys = provider?.deploys ?? models.length > 0;

  const own = () => {
    const faults: Record<string, string> = {};
    if (name.trim() === "") faults.name = t`Give the connection a name.`;
    // A server of one's own may need no key; a provider always does.
    if (!connection && apiKey.trim() === "" && providerId !== "compatible") {
      faults.key = t`Enter the provider's key.`;
    }
    const moved = (connection?.base_url ?? "") !== baseUrl.trim();
    if (connection?.key_hint && moved && apiKey.trim() === "") {
      faults.key = t`Give the key again: it is never sent to another address by itself.`;
    }
    if (baseUrl.trim() === "" ? provider?.needsUrl : !isBaseUrl(baseUrl)) {
      faults.base_url = t`An address such as https://llm.example.com/v1.`;
    }
    const words: Record<DeploymentFault, string> = {
      required: t`Enter the model's name.`,
      count: t`A whole number from 1 up, or nothing.`,
      amount: t`An amount in dollars.`,
      both: t`Give both prices, or none.`,
    };
    if (deploys) {
      for (const [path, fault] of Object.entries(deploymentFaults(models))) {
        faults[path] = words[fault];
      }
    }
    return faults;
  };
  const faults = checked ? own() : {};
  const errorAt = (path: string) => faults[path] ?? refused[path];

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (pending) return;
    setChecked(true);
    setRefused({});
    if (Object.keys(own()).length > 0) return focusFault();
    setPending(true);
    try {
      const body = {
        name: name.trim(),
        base_url: baseUrl.trim() || null,
        models: deploys ? models.map(deploymentBody) : [],
        ...(apiKey.trim() === "" ? {} : { key: apiKey.trim() }),
      };
      if (connection) await updateConnection({ path: { id: connection.id }, body });
      else {
        await once({ ...body, provider: providerId, enabled: true }, createConnection);
      }
      onSaved();
    } catch (error) {
      const fields = error instanceof ApiError ? error.errors : [];
      if (fields.length === 0) toastError(error);
      setRefused(Object.fromEntries(fields.map(({ field, message }) => [dotted(field), message])));
      focusFault();
    } finally {
      setPending(false);
    }
  };

  const patch = (id: number, change: Partial<DeploymentDraft>) =>
    setModels(models.map((model) => (model.id === id ? { ...model, ...change } : model)));
  const others = Object.entries(refused).filter(
    ([path]) => !/^(provider|name|key|base_url|models\.\d+\..+)$/.test(path),
  );
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={connection ? t`Edit connection` : t`New connection`}
      closeLabel={t`Close`}
      className="max-w-2xl!"
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="connection" variant="primary" pending={pending}>
            {connection ? t`Save` : t`Add connection`}
          </Button>
        </>
      }
    >
      <form
        ref={formElement}
        id="connection"
        noValidate
        autoComplete="off"
        onSubmit={(event) => void submit(event)}
        className="space-y-5"
      >
        <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
          <Field label={t`Provider`} error={errorAt("provider")}>
            {(control) => (
              <NativeSelect
                {...control}
                value={providerId}
                disabled={connection !== undefined}
                onChange={(event) => setProviderId(event.target.value)}
              >
                {PROVIDERS.map(({ id, name: label }) => (
                  <option key={id} value={id}>
                    {label}
                  </option>
                ))}
                {!provider && <option value={providerId}>{providerId}</option>}
              </NativeSelect>
            )}
          </Field>
          <Field label={t`Name`} error={errorAt("name")}>
            {(control) => (
              <Input
                {...control}
                value={name}
                autoComplete="off"
                maxLength={80}
                placeholder={provider?.name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Field
          label={t`Provider's key`}
          error={errorAt("key")}
          hint={
            connection
              ? t`Empty: the key stays as it is. It is sealed and never shown again.`
              : t`It is sealed on the server and never shown again.`
          }
        >
          {(control) => (
            <span className="relative block">
              <Input
                {...control}
                type={revealed ? "text" : "password"}
                value={apiKey}
                // Not a password of this site: browsers shall neither fill nor keep it.
                autoComplete="new-password"
                data-1p-ignore
                spellCheck={false}
                placeholder={connection?.key_hint ?? ""}
                onChange={(event) => setApiKey(event.target.value)}
                className="pe-11! font-mono text-sm"
              />
              <IconButton
                label={revealed ? t`Hide the key` : t`Show the key`}
                aria-pressed={revealed}
                onClick={() => setRevealed(!revealed)}
                className="absolute end-0.5 top-0.5 touch:top-0"
              >
                {revealed ? <EyeOff size={17} aria-hidden /> : <Eye size={17} aria-hidden />}
              </IconButton>
            </span>
          )}
        </Field>
        <Field
          label={t`Address`}
          aside={provider?.needsUrl ? undefined : t`optional`}
          error={errorAt("base_url")}
          hint={
            provider?.needsUrl
              ? t`Private addresses work only where an administrator of the server allows them.`
              : t`Empty: the provider's own.`
          }
        >
          {(control) => (
            <Input
              {...control}
              type="url"
              inputMode="url"
              value={baseUrl}
              autoComplete="off"
              placeholder="https://llm.example.com/v1"
              onChange={(event) => setBaseUrl(event.target.value)}
            />
          )}
        </Field>
        {deploys && (
          <fieldset className="min-w-0">
            <legend className="text-sm font-medium">
              <Trans>Models it serves</Trans>
            </legend>
            <p className="mt-0.5 mb-2.5 text-[0.8125rem] text-subtle">
              <Trans>
                Prices are in dollars for a million tokens. Without them, use costs nothing here and
                spend caps can't count it.
              </Trans>
            </p>
            <ul className="space-y-2.5">
              {models.map((model, index) => (
                <DeploymentEditor
                  key={model.id}
                  model={model}
                  number={index + 1}
                  errorAt={(field) => errorAt(`models.${index}.${field}`)}
                  onChange={(change) => patch(model.id, change)}
                  onRemove={() => setModels(models.filter(({ id }) => id !== model.id))}
                />
              ))}
            </ul>
            <Button
              size="sm"
              className={models.length > 0 ? "mt-2.5" : ""}
              onClick={() => setModels([...models, deploymentDraft()])}
            >
              <Plus size={15} aria-hidden />
              <Trans>Add a model</Trans>
            </Button>
          </fieldset>
        )}
        {others.map(([path, message]) => (
          <Notice key={path} tone="danger">
            {message}
          </Notice>
        ))}
      </form>
    </Dialog>
  );
}

function DeploymentEditor({
  model,
  number,
  errorAt,
  onChange,
  onRemove,
}: {
  model: DeploymentDraft;
  number: number;
  errorAt: (field: string) => string | undefined;
  onChange: (change: Partial<DeploymentDraft>) => void;
  onRemove: () => void;
}) {
  const { t } = useLingui();
  type TextField = Exclude<keyof DeploymentDraft, "id">;
  const text = (field: TextField, path: string, label: string, placeholder?: string) => (
    <Field label={label} error={errorAt(path)}>
      {(control) => (
        <Input
          {...control}
          value={model[field]}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          inputMode={
            field === "name" || field === "display_name"
              ? "text"
              : field.endsWith("put") || field === "cached_input"
                ? "decimal"
                : "numeric"
          }
          onChange={(event) => onChange({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <li className="rounded-md border border-line-strong p-3">
      <div className="flex items-start gap-2">
        <div className="grid min-w-0 flex-1 gap-x-3 gap-y-4 sm:grid-cols-2">
          {text("name", "name", t`Model's name there`, "llama-3.3-70b-instruct")}
          {text("display_name", "display_name", t`Name shown`)}
        </div>
        <IconButton label={t`Remove model ${number}`} onClick={onRemove} className="mt-6.5">
          <Trash2 size={16} aria-hidden />
        </IconButton>
      </div>
      <div className="mt-4 grid grid-cols-2 gap-x-3 gap-y-4">
        {text("context_window", "context_window", t`Context, in tokens`, "128000")}
        {text("max_output_tokens", "max_output_tokens", t`Longest answer, in tokens`, "8192")}
      </div>
      <div className="mt-4 grid grid-cols-2 gap-x-3 gap-y-4 sm:grid-cols-3">
        {text("input", "prices.input", t`Input, $`, "0.59")}
        {text("cached_input", "prices.cached_input", t`Cached input, $`)}
        {text("output", "prices.output", t`Output, $`, "0.79")}
      </div>
    </li>
  );
}
