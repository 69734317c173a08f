/** The one time that a secret is shown. Closed by its own button only. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { NewKey } from "@parlance/api";
import { Button, IconButton, Notice, toast } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { Check, Copy, Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { errorMessage } from "@/lib/errors";
import { copyText } from "@/lib/copy";
import { maskSecret } from "./keys.logic";
import { QuickStart } from "./quick-start";

export default function SecretDialog({
  made: { key, secret },
  rotated,
  capError,
  onRetryCap,
  onClose,
}: {
  made: NewKey;
  /** Whether the key is an old one with a new secret. */
  rotated: boolean;
  /** Why the spend cap isn't in force, although it was asked for. */
  capError?: unknown;
  onRetryCap?: () => Promise<void>;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [revealed, setRevealed] = useState(false);
  const [copied, setCopied] = useState(false);
  const [retrying, setRetrying] = useState(false);
  const name = key.name;
  const copy = () =>
    copyText(secret).then(
      () => setCopied(true),
      () => {
        setRevealed(true);
        toast.error(t`Copying is not allowed in this browser. Select the key and copy it by hand.`);
      },
    );
  return (
    <Dialog
      open
      strict
      // Escape must not lose what can't be shown again.
      onOpenChange={() => undefined}
      title={rotated ? t`The new secret of ${name}` : t`${name} is ready`}
      description={
        <Trans>Copy the key now and keep it safe: it is shown only this once, never again.</Trans>
      }
      className="max-w-2xl!"
      footer={
        <Button variant={copied ? "primary" : "secondary"} onClick={onClose}>
          <Trans>I have saved it</Trans>
        </Button>
      }
    >
      <div className="space-y-5">
        <div className="flex flex-wrap items-center gap-2">
          <div className="flex min-w-0 flex-1 basis-64 items-center rounded-md border border-control bg-surface ps-3 focus-within:border-accent">
            <input
              readOnly
              aria-label={t`API key`}
              value={revealed ? secret : maskSecret(secret)}
              spellCheck={false}
              autoComplete="off"
              onFocus={(event) => event.target.select()}
              onCopy={(event) => {
                event.preventDefault();
                event.clipboardData.setData("text/plain", secret);
                setCopied(true);
              }}
              className="h-10 min-w-0 flex-1 bg-transparent font-mono text-[0.8125rem] text-ellipsis outline-none touch:h-11"
            />
            <IconButton
              label={revealed ? t`Hide the key` : t`Show the key`}
              aria-pressed={revealed}
              onClick={() => setRevealed(!revealed)}
            >
              {revealed ? <EyeOff size={17} aria-hidden /> : <Eye size={17} aria-hidden />}
            </IconButton>
          </div>
          <Button
            variant={copied ? "secondary" : "primary"}
            className="h-10! max-sm:w-full touch:h-11!"
            onClick={() => void copy()}
          >
            {copied ? (
              <Check size={16} aria-hidden className="text-success" />
            ) : (
              <Copy size={16} aria-hidden />
            )}
            <span>{copied ? t`Copied` : t`Copy key`}</span>
          </Button>
          <span role="status" className="sr-only">
            {copied ? t`Copied` : ""}
          </span>
        </div>
        {capError !== undefined && (
          <Notice
            tone="danger"
            title={t`The key works, but without its spend cap`}
            action={
              onRetryCap && (
                <Button
                  size="sm"
                  pending={retrying}
                  onClick={() => {
                    setRetrying(true);
                    void onRetryCap().finally(() => setRetrying(false));
                  }}
                >
                  <Trans>Try again</Trans>
                </Button>
              )
            }
          >
            {errorMessage(capError)}
          </Notice>
        )}
        {key.scopes.includes("inference") && (
          <section aria-label={t`Quick start`}>
            <h3 className="mb-2 text-sm font-medium">
              <Trans>Quick start</Trans>
            </h3>
            <QuickStart secret={secret} revealed={revealed} models={key.models} />
          </section>
        )}
      </div>
    </Dialog>
  );
}
