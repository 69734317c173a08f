/** All of the workspace as one file. It is made while it comes in, so nobody knows its size before. */
import { Trans, useLingui } from "@lingui/react/macro";
import { apiFetch } from "@parlance/api";
import { formatBytes } from "@parlance/i18n";
import { Button, toast } from "@parlance/ui";
import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useRef, useState } from "react";
import { useSession } from "@/features/session/use-session";
import { toastError } from "@/lib/errors";
import { Panel, Section } from "../section";
import { archiveName } from "./archive.logic";

async function receive(signal: AbortSignal, onBytes: (bytes: number) => void): Promise<Blob> {
  const response = await apiFetch("/api/v1/workspace/archive", { signal });
  const reader = response.body?.getReader();
  if (!reader) return response.blob();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces, { type: "application/zip" });
    pieces.push(value);
    bytes += value.length;
    onBytes(bytes);
  }
}

export default function ArchiveSection() {
  const { t } = useLingui();
  const workspace = useSession()?.workspace;
  const [bytes, setBytes] = useState(0);
  const stop = useRef<AbortController>(undefined);
  const name = workspace?.name ?? "";
  const make = useMutation({
    mutationFn: () => {
      setBytes(0);
      stop.current = new AbortController();
      return receive(stop.current.signal, setBytes);
    },
    onSuccess: (archive) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(archive);
      link.download = archiveName(name, new Date());
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      toast.success(t`The archive is complete`);
    },
    onError: (error) => {
      if (!stop.current?.signal.aborted) toastError(error);
    },
  });
  const size = formatBytes(bytes);
  return (
    <Section title={t`Archive`}>
      <Panel className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-4">
        <div className="min-w-48 flex-1">
          <p className="text-sm font-medium">
            <Trans>Take the workspace along</Trans>
          </p>
          <p className="mt-0.5 max-w-prose text-[0.8125rem] text-subtle">
            <Trans>
              A ZIP file with settings, members, roles, groups, keys without their secrets, budgets,
              usage, the audit log, and your own conversations and files. Other members'
              conversations are not in it, unless whoever runs this server has allowed that.
            </Trans>
          </p>
          <p role="status" className="text-[0.8125rem] tabular-nums not-empty:mt-2">
            {make.isPending && <Trans>{size} received</Trans>}
          </p>
        </div>
        {make.isPending ? (
          <Button onClick={() => stop.current?.abort()}>
            <Trans>Cancel</Trans>
          </Button>
        ) : (
          <Button onClick={() => make.mutate()}>
            <Download size={16} aria-hidden />
            <Trans>Download archive</Trans>
          </Button>
        )}
      </Panel>
    </Section>
  );
}
