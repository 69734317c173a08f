/** The one time that recovery codes are shown. Closed by its own button only. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { Download } from "lucide-react";
import { CopyButton } from "@/lib/copy-button";

export default function CodesDialog({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const { t } = useLingui();
  const text = `${codes.join("\n")}\n`;
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = "parlance-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Dialog
      open
      strict
      // Escape must not lose what can't be shown again.
      onOpenChange={() => undefined}
      title={t`Your recovery codes`}
      description={
        <Trans>
          If you lose your phone or passkeys, each of these lets you in once. Keep them where you
          will find them: they are shown only now.
        </Trans>
      }
      footer={
        <Button variant="primary" onClick={onClose}>
          <Trans>I have saved them</Trans>
        </Button>
      }
    >
      <ol className="grid grid-cols-1 gap-x-6 gap-y-1 rounded-lg border border-line bg-surface px-4 py-3 font-mono text-[0.8125rem] sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <CopyButton text={() => text} label={t`Copy all`} showLabel />
        <Button size="sm" variant="ghost" onClick={download}>
          <Download size={14} aria-hidden />
          <Trans>Download</Trans>
        </Button>
      </div>
    </Dialog>
  );
}
