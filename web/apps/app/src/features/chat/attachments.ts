/** Images on their way into a message: preview at once, upload with progress, retry, removal. */
import { ApiError, ensureSession, type File as ApiFile } from "@parlance/api";
import type { FilePart } from "@parlance/chat-core";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Attachment } from "./composer.logic";
import { chatErrorMessage } from "./errors";

/** XMLHttpRequest, because fetch can't tell how much of a body has been sent. */
async function upload(
  file: File,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<ApiFile> {
  const session = await ensureSession();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/files");
    request.responseType = "json";
    if (session) request.setRequestHeader("Authorization", `Bearer ${session.access_token}`);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const body = request.response as unknown;
      if (request.status === 201) resolve(body as ApiFile);
      else reject(new ApiError({ ...(body as object | null), status: request.status }));
    });
    request.addEventListener("error", () => reject(new ApiError({ status: 0, code: "network" })));
    request.addEventListener("abort", () => reject(signal.reason as Error));
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}

export interface Attachments {
  list: Attachment[];
  add: (files: readonly File[]) => void;
  retry: (key: string) => void;
  remove: (key: string) => void;
  /** Hands over what is uploaded and forgets everything. */
  take: () => FilePart[];
}

export function useAttachments(): Attachments {
  const [list, setList] = useState<Attachment[]>([]);
  const aborts = useRef(new Map<string, AbortController>());

  const change = useCallback((key: string, next: (attachment: Attachment) => Attachment) => {
    setList((all) =>
      all.map((attachment) => (attachment.key === key ? next(attachment) : attachment)),
    );
  }, []);

  const send = useCallback(
    (key: string, file: File) => {
      const abort = new AbortController();
      aborts.current.set(key, abort);
      const base = ({ name, preview }: Attachment) => ({ key, name, preview, file });
      upload(file, abort.signal, (progress) =>
        change(key, (a) => ({ ...base(a), status: "uploading", progress })),
      ).then(
        (done) =>
          change(key, (a) => ({
            ...base(a),
            status: "done",
            id: done.id,
            mediaType: done.media_type,
            size: done.size,
          })),
        (error: unknown) =>
          change(key, (a) => ({ ...base(a), status: "failed", message: chatErrorMessage(error) })),
      );
    },
    [change],
  );

  const forget = useCallback((attachment: Attachment) => {
    aborts.current.get(attachment.key)?.abort(new DOMException("removed", "AbortError"));
    aborts.current.delete(attachment.key);
    URL.revokeObjectURL(attachment.preview);
  }, []);

  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  useEffect(() => () => latest.current.forEach(forget), [forget]);

  return {
    list,
    add: (files) => {
      const added = files.map((file): Attachment => {
        const key = `${file.name}-${file.size}-${Math.random().toString(36).slice(2)}`;
        return {
          key,
          name: file.name,
          file,
          preview: URL.createObjectURL(file),
          status: "uploading",
          progress: 0,
        };
      });
      setList((all) => [...all, ...added]);
      for (const attachment of added) send(attachment.key, attachment.file);
    },
    retry: (key) => {
      const attachment = list.find((a) => a.key === key);
      if (!attachment) return;
      change(key, ({ name, preview, file }) => ({
        key,
        name,
        preview,
        file,
        status: "uploading",
        progress: 0,
      }));
      send(key, attachment.file);
    },
    remove: (key) => {
      const attachment = list.find((a) => a.key === key);
      if (attachment) forget(attachment);
      setList((all) => all.filter((a) => a.key !== key));
    },
    take: () => {
      const parts = list.flatMap((a): FilePart[] =>
        a.status === "done"
          ? [{ type: "file", file_id: a.id, name: a.name, media_type: a.mediaType, size: a.size }]
          : [],
      );
      list.forEach(forget);
      setList([]);
      return parts;
    },
  };
}
