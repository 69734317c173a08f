/** The first call with a key, in tabs; the server's own address and a model that answers filled in. */
import { Trans, useLingui } from "@lingui/react/macro";
import { cn } from "@parlance/ui";
import { Segmented } from "@parlance/ui/choice";
import { useQuery } from "@tanstack/react-query";
import { useId, useRef, useState, type KeyboardEvent } from "react";
import { chooseModel } from "@/features/models/models.logic";
import { availableModels } from "@/features/models/queries";
import { CopyButton } from "@/lib/copy-button";
import { maskSecret } from "./keys.logic";
import {
  installCommand,
  LANGUAGES,
  snippet,
  STYLES,
  VARIABLE,
  type Language,
  type Style,
} from "./snippets.logic";

const NAMES: Record<Language | Style, string> = {
  curl: "curl",
  python: "Python",
  typescript: "TypeScript",
  openai: "OpenAI",
  anthropic: "Anthropic",
};

export function QuickStart({
  secret = null,
  revealed = false,
  models = null,
}: {
  /** Filled in; absent: read from the environment. */
  secret?: string | null;
  revealed?: boolean;
  /** What the key may ask for; null: anything. */
  models?: readonly string[] | null;
}) {
  const { t } = useLingui();
  const id = useId();
  const tabs = useRef<HTMLDivElement>(null);
  const [language, setLanguage] = useState<Language>("curl");
  const [style, setStyle] = useState<Style>("openai");
  const usable = useQuery(availableModels).data ?? [];
  const model = models?.[0] ?? chooseModel(usable)?.id ?? "…";
  const call = { origin: location.origin, model };
  const shown = secret === null || revealed ? secret : maskSecret(secret);
  const move = (event: KeyboardEvent) => {
    const at = LANGUAGES.indexOf(language);
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1 + LANGUAGES.length,
      Home: 0,
      End: LANGUAGES.length - 1,
    }[event.key];
    const next = to === undefined ? undefined : LANGUAGES[to % LANGUAGES.length];
    if (!next) return;
    event.preventDefault();
    setLanguage(next);
    tabs.current?.querySelector<HTMLElement>(`[data-language=${next}]`)?.focus();
  };
  const command = installCommand(language, style);
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-x-2 border-b border-line pe-1.5">
        <div
          ref={tabs}
          role="tablist"
          aria-label={t`Language`}
          onKeyDown={move}
          className="flex min-w-0 flex-1 overflow-x-auto px-1.5"
        >
          {LANGUAGES.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`${id}-${name}`}
              data-language={name}
              aria-selected={language === name}
              aria-controls={`${id}-panel`}
              tabIndex={language === name ? 0 : -1}
              onClick={() => setLanguage(name)}
              className={cn(
                "h-10 shrink-0 border-b-2 px-2.5 text-[0.8125rem] font-medium whitespace-nowrap transition-colors -outline-offset-2 touch:h-11",
                language === name
                  ? "border-accent text-fg"
                  : "border-transparent text-muted hover:text-fg",
              )}
            >
              {NAMES[name]}
            </button>
          ))}
        </div>
        <div className="max-sm:order-last max-sm:flex max-sm:w-full max-sm:px-2.5 max-sm:pb-2.5">
          <Segmented
            label={t`In the style of`}
            value={style}
            options={STYLES.map((each) => ({ id: each, label: NAMES[each] }))}
            onChange={setStyle}
          />
        </div>
        <CopyButton
          label={t`Copy the example`}
          text={() => snippet(language, style, { ...call, secret })}
        />
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${language}`}>
        <pre
          tabIndex={0}
          className="overflow-x-auto -outline-offset-2 p-4 font-mono text-[0.8125rem] leading-relaxed"
        >
          <code>{snippet(language, style, { ...call, secret: shown })}</code>
        </pre>
        {(command || secret === null) && (
          <p className="border-t border-line px-4 py-2.5 text-[0.8125rem] text-subtle">
            {command && <code className="font-mono text-muted">{command}</code>}
            {command && secret === null && " · "}
            {secret === null && (
              <Trans>
                The key is read from the environment variable{" "}
                <code className="font-mono text-muted">{VARIABLE}</code>.
              </Trans>
            )}
          </p>
        )}
      </div>
    </div>
  );
}
