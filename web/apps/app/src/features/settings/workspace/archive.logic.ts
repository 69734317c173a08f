/** A file's name from a workspace's: letters and digits of any script, and the day. Pure. */
export function archiveName(workspace: string, at: Date): string {
  const words = workspace
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}]+/gu, "-")
    .replace(/^-+|-+$/g, "");
  return `${words || "workspace"}-${at.toISOString().slice(0, 10)}.zip`;
}
