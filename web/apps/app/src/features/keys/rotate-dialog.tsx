import { Trans, useLingui } from "@lingui/react/macro";
import { rotateKey, type ApiKeyInfo, type NewKey } from "@parlance/api";
import { Button } from "@parlance/ui";
import { Choices, Radio } from "@parlance/ui/choice";
import { Dialog } from "@parlance/ui/dialog";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { toastError } from "@/lib/errors";

const HOUR = 3600;

/** Asks how long the old secret is to work beside the new one. */
export default function RotateDialog({
  apiKey,
  onRotated,
  onClose,
}: {
  apiKey: ApiKeyInfo;
  onRotated: (made: NewKey) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [grace, setGrace] = useState(HOUR);
  const rotate = useMutation({
    mutationFn: () => rotateKey({ path: { id: apiKey.id }, body: { grace_seconds: grace } }),
    onSuccess: onRotated,
    onError: toastError,
  });
  const name = apiKey.name;
  const choices = [
    {
      seconds: 0,
      label: t`At once`,
      hint: t`For a secret that somebody else may know. Programs fail until they have the new one.`,
    },
    {
      seconds: HOUR,
      label: t`After an hour`,
      hint: t`Both work meanwhile: time to put the new one in place.`,
    },
    { seconds: 24 * HOUR, label: t`After a day`, hint: t`For programs that many people deploy.` },
  ];
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t`A new secret for ${name}?`}
      description={
        <Trans>The key keeps its name, limits and usage. Only the secret changes.</Trans>
      }
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button variant="primary" pending={rotate.isPending} onClick={() => rotate.mutate()}>
            {t`Make a new secret`}
          </Button>
        </>
      }
    >
      <Choices legend={t`When does the old secret stop working?`}>
        {choices.map(({ seconds, label, hint }) => (
          <Radio
            key={seconds}
            name="grace"
            label={label}
            hint={hint}
            checked={grace === seconds}
            onChange={() => setGrace(seconds)}
          />
        ))}
      </Choices>
    </Dialog>
  );
}
