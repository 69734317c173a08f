/** The small decisions of the composer. Pure, but for one measurement. */

export interface KeyLike {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  keyCode?: number;
}

/**
 * Enter sends, unless an input method is composing: Enter then picks a candidate. Safari ends the
 * composition before the key event and leaves only key code 229 as a trace.
 */
export function submitsOn(event: KeyLike): boolean {
  return (
    event.key === "Enter" &&
    !event.shiftKey &&
    !event.altKey &&
    !event.isComposing &&
    event.keyCode !== 229
  );
}

/** ↑ in an empty composer edits the last message. */
export function editsLastOn(event: KeyLike, text: string): boolean {
  return (
    event.key === "ArrowUp" &&
    text === "" &&
    !event.shiftKey &&
    !event.ctrlKey &&
    !event.metaKey &&
    !event.altKey &&
    !event.isComposing
  );
}

/** Makes a textarea as high as its text, up to `max` pixels. */
export function fitHeight(area: HTMLTextAreaElement, max: number): void {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, max)}px`;
  area.style.overflowY = area.scrollHeight > max ? "auto" : "hidden";
}

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;
export const MAX_IMAGES = 8;

export type Refusal = "type" | "size" | "count";

/** Which of some dropped, pasted or chosen files can be attached, and why the others can't. */
export function acceptFiles(
  files: readonly File[],
  already: number,
): { accepted: File[]; refused: { file: File; reason: Refusal }[] } {
  const accepted: File[] = [];
  const refused: { file: File; reason: Refusal }[] = [];
  for (const file of files) {
    if (!IMAGE_TYPES.includes(file.type)) refused.push({ file, reason: "type" });
    else if (file.size > MAX_IMAGE_BYTES) refused.push({ file, reason: "size" });
    else if (already + accepted.length >= MAX_IMAGES) refused.push({ file, reason: "count" });
    else accepted.push(file);
  }
  return { accepted, refused };
}

export type Attachment = { key: string; name: string; preview: string; file: File } & (
  | { status: "uploading"; progress: number }
  | { status: "done"; id: string; mediaType: string; size: number }
  | { status: "failed"; message: string }
);

/** What the main button does now. */
export type ComposerAction = "send" | "queue" | "stop" | "none";

/**
 * Nothing to send: stop a running answer, else nothing. Something to send: at once, or queued until
 * the answer is complete and the uploads are done.
 */
export function composerAction(state: {
  text: string;
  attachments: readonly Attachment[];
  running: boolean;
}): ComposerAction {
  const failed = state.attachments.some((attachment) => attachment.status === "failed");
  const filled = state.text.trim() !== "" || state.attachments.length > 0;
  if (!filled) return state.running ? "stop" : "none";
  if (failed) return state.running ? "stop" : "none";
  const uploading = state.attachments.some((attachment) => attachment.status === "uploading");
  return state.running || uploading ? "queue" : "send";
}
