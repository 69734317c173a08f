/** The one time that an invitation's link is shown. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { MadeInvitation } from "@parlance/api";
import { Button } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { CopyButton } from "@/lib/copy-button";
import { linkOf } from "./invitations.logic";

export default function LinkDialog({
  made: { invitation, path, mailed },
  onClose,
}: {
  made: MadeInvitation;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const link = linkOf(path, location.origin);
  const email = invitation.email ?? "";
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={t`The invitation is ready`}
      description={
        mailed ? (
          <Trans>A letter to {email} is on its way. You can hand the link over as well.</Trans>
        ) : email ? (
          <Trans>Send this link to {email}. It is shown only now.</Trans>
        ) : (
          <Trans>Send this link to whom you want to let in. It is shown only now.</Trans>
        )
      }
      footer={
        <Button variant="primary" onClick={onClose}>
          <Trans>Done</Trans>
        </Button>
      }
    >
      <div className="flex items-center gap-1 rounded-md border border-control bg-surface ps-3 pe-1 focus-within:border-accent">
        <input
          readOnly
          aria-label={t`Link`}
          value={link}
          spellCheck={false}
          onFocus={(event) => event.target.select()}
          className="h-10 min-w-0 flex-1 bg-transparent font-mono text-[0.8125rem] text-ellipsis outline-none touch:h-11"
        />
        <CopyButton text={() => link} label={t`Copy link`} />
      </div>
    </Dialog>
  );
}
