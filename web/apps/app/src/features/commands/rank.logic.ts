/**
 * Which commands a query finds, best first. Every word of the query must begin a word of the label or
 * keywords, or stand inside the label; marks (Vietnamese tones) don't matter.
 */
export interface Rankable {
  label: string;
  keywords?: string;
  weight?: number;
}

export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase();
}

function score(command: Rankable, words: string[]): number {
  const label = fold(command.label);
  const starts = label.split(/[\s:·/-]+/);
  const keywords = fold(command.keywords ?? "").split(/\s+/);
  let total = 0;
  for (const word of words) {
    if (label.startsWith(word)) total += 4;
    else if (starts.some((start) => start.startsWith(word))) total += 3;
    else if (keywords.some((start) => start.startsWith(word))) total += 2;
    else if (label.includes(word)) total += 1;
    else return 0;
  }
  return total;
}

/** Stable: equals keep their order. An empty query finds everything, by weight. */
export function rank<T extends Rankable>(commands: readonly T[], query: string): T[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  return commands
    .map((command) => ({ command, points: words.length ? score(command, words) : 1 }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points || (b.command.weight ?? 0) - (a.command.weight ?? 0))
    .map(({ command }) => command);
}

/** Consecutive order kept inside a group; groups in the order of their best member. */
export function grouped<T extends { group: string }>(commands: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const command of commands) {
    const group = groups.get(command.group);
    if (group) group.push(command);
    else groups.set(command.group, [command]);
  }
  return [...groups];
}
