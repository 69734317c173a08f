import { Trans, useLingui } from "@lingui/react/macro";
import { addPasskey, removePasskey, updatePasskey, type PasskeyInfo } from "@parlance/api";
import { formatDate, formatRelative } from "@parlance/i18n";
import { Button, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { toastError } from "@/lib/errors";
import { RowMenu } from "@/lib/row-menu";
import { ListPanel } from "../list-panel";
import { Section } from "../section";
import { readUserAgent } from "../sessions/user-agent.logic";
import { factorKeys, passkeysQuery } from "./queries";
import { withAccountWords } from "./words";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const NameDialog = lazy(() => withAccountWords(import("./name-dialog")));
/** The library of the browser's passkeys comes when one is made. */
const passkeys = () => withAccountWords(import("@/features/account/passkeys"));

export function PasskeysSection({
  onCodes,
}: {
  /** Recovery codes, for whoever had none. */
  onCodes: (codes: string[] | null) => void;
}) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const query = useQuery(passkeysQuery());
  const [adding, setAdding] = useState<Awaited<ReturnType<typeof passkeys>> | null>(null);
  const [renaming, setRenaming] = useState<PasskeyInfo | null>(null);
  const [removing, setRemoving] = useState<PasskeyInfo | null>(null);
  const renew = () => queries.invalidateQueries({ queryKey: factorKeys.all });
  const removal = useMutation({
    mutationFn: (id: string) => removePasskey({ path: { id } }),
    onSuccess: () => {
      setRemoving(null);
      toast.success(t`Passkey removed`);
      return renew();
    },
    onError: toastError,
  });
  const begin = async () => {
    const library = await passkeys();
    if (library.supportsPasskeys()) setAdding(library);
    else
      toast.error(
        t`This browser has no passkeys here. Open Parlance by HTTPS, in a current browser.`,
      );
  };
  const { browser, system } = readUserAgent(navigator.userAgent);
  const suggestion = [browser, system].filter(Boolean).join(", ") || t`Passkey`;

  return (
    <Section
      title={t`Passkeys`}
      description={t`Log in with your fingerprint, face or device PIN instead of a password.`}
      action={
        <Button size="sm" onClick={() => void begin()}>
          <Trans>Add a passkey</Trans>
        </Button>
      }
    >
      <ListPanel
        query={query}
        waiting={<Skeleton className="h-4 w-48" />}
        empty={
          <p className="px-4 py-6 text-center text-sm text-muted">
            <Trans>You have no passkeys yet.</Trans>
          </p>
        }
        renderRow={(passkey) => (
          <PasskeyRow
            key={passkey.id}
            passkey={passkey}
            onRename={() => setRenaming(passkey)}
            onRemove={() => setRemoving(passkey)}
          />
        )}
      />
      <Suspense fallback={null}>
        {adding && (
          <NameDialog
            title={t`Add a passkey`}
            description={t`Name it after the device that keeps it. Your browser then asks you to confirm.`}
            initial={suggestion}
            label={t`Go on`}
            explain={adding.passkeyProblem}
            onClose={() => setAdding(null)}
            onName={async (name) => {
              const made = await adding.makePasskey();
              const { recovery_codes } = await addPasskey({ body: { name, ...made } });
              adding.notePasskey();
              setAdding(null);
              toast.success(t`Passkey added`);
              onCodes(recovery_codes);
              void renew();
            }}
          />
        )}
        {renaming && (
          <NameDialog
            title={t`Rename the passkey`}
            initial={renaming.name}
            label={t`Save`}
            onClose={() => setRenaming(null)}
            onName={async (name) => {
              await updatePasskey({ path: { id: renaming.id }, body: { name } });
              setRenaming(null);
              void renew();
            }}
          />
        )}
        {removing && (
          <ConfirmDialog
            title={t`Remove ${removing.name}?`}
            confirmLabel={t`Remove`}
            pending={removal.isPending}
            onConfirm={() => removal.mutate(removing.id)}
            onClose={() => setRemoving(null)}
          >
            <Trans>
              It won't open your account any more. Delete it on your device as well, where it may
              still be offered.
            </Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </Section>
  );
}

function PasskeyRow({
  passkey: { name, created_at, last_used_at },
  onRename,
  onRemove,
}: {
  passkey: PasskeyInfo;
  onRename: () => void;
  onRemove: () => void;
}) {
  const since = formatDate(created_at);
  const used = last_used_at && formatRelative(last_used_at);
  return (
    <li className="flex items-center gap-4 px-4 py-3.5">
      <span
        aria-hidden
        className="grid size-9 shrink-0 place-items-center rounded-md bg-active text-muted"
      >
        <Fingerprint size={18} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{name}</p>
        <p className="mt-0.5 text-[0.8125rem] text-subtle">
          <Trans>added {since}</Trans>
          {" · "}
          {used ? <Trans>last used {used}</Trans> : <Trans>not used yet</Trans>}
        </p>
      </div>
      <RowMenu name={name} onEdit={onRename} onDelete={onRemove} />
    </li>
  );
}
