import { useLingui } from "@lingui/react/macro";
import { Button } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import type { ReactNode } from "react";

/** Asks before something that can't be taken back. Import lazily; mount while asking. */
export default function ConfirmDialog({
  title,
  children,
  confirmLabel,
  pending,
  onConfirm,
  onClose,
}: {
  title: string;
  children: ReactNode;
  confirmLabel: string;
  pending?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={children}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button variant="danger" pending={pending} onClick={onConfirm}>
            {confirmLabel}
          </Button>
        </>
      }
    />
  );
}
