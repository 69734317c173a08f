/** What a conversation is set to: model, system prompt, parameters. New chats keep theirs until sent. */
import type { Parameters } from "@parlance/api";

export interface ChatSettings {
  model: string | null;
  system_prompt: string | null;
  parameters: Parameters;
}

const LAST_MODEL = "parlance.model";

export function lastModel(): string | null {
  try {
    return localStorage.getItem(LAST_MODEL);
  } catch {
    return null;
  }
}

export function rememberModel(id: string): void {
  try {
    localStorage.setItem(LAST_MODEL, id);
  } catch {
    // Storage is forbidden: the server's default it is.
  }
}

/** How many settings differ from the model's own defaults. */
export function changedSettings({ system_prompt, parameters }: ChatSettings): number {
  const set = Object.values(parameters).filter((value) => value !== undefined && value !== null);
  return set.length + (system_prompt ? 1 : 0);
}
