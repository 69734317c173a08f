/** What the list of messages shows, from stored messages and the live run. Pure. */
import { lengthOf, textOf, type LiveRun, type Message, type Part } from "@parlance/chat-core";

export type Row =
  | { kind: "message"; key: string; message: Message; live: LiveRun | undefined }
  /** The answer that the server has not named yet. */
  | { kind: "starting"; key: "starting"; live: LiveRun };

export function threadRows(messages: readonly Message[], live: LiveRun | undefined): Row[] {
  const rows: Row[] = messages.map((message) => ({
    kind: "message",
    key: message.id,
    message,
    live: live !== undefined && live.state.messageId === message.id ? live : undefined,
  }));
  const last = messages.at(-1);
  if (live && last?.role === "user" && live.state.messageId === null) {
    rows.push({ kind: "starting", key: "starting", live });
  }
  return rows;
}

/**
 * The stream's parts, unless the stored copy is still ahead: after a reload a stream is replayed
 * from its start, and the answer must not shrink before it grows.
 */
export function shownParts(message: Message, live: LiveRun | undefined): readonly Part[] {
  if (!live) return message.parts;
  const ahead =
    live.state.outcome !== null || lengthOf(live.state.parts) >= lengthOf(message.parts);
  return ahead ? live.state.parts : message.parts;
}

/** A first guess at a row's height in pixels; the real one is measured. Good guesses mean no jumps. */
export function estimateHeight(row: Row | undefined, width: number): number {
  if (row?.kind !== "message") return 60;
  const text = textOf(row.message.parts);
  const perLine = Math.max(
    20,
    (Math.min(width, 720) * (row.message.role === "user" ? 0.7 : 1)) / 7.4,
  );
  let lines = 0;
  for (const line of text.split("\n", 400)) lines += Math.max(1, Math.ceil(line.length / perLine));
  const images = row.message.parts.some((part) => part.type === "file") ? 168 : 0;
  return lines * 25 + images + (row.message.role === "user" ? 56 : 48);
}
