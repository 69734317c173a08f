/**
 * Commands of the palette. A feature registers its commands while it is mounted; the palette shows
 * what is registered, grouped, best match first. Labels are given in the current language.
 */
import { useEffect, useSyncExternalStore, type ReactNode } from "react";

export interface Command {
  /** Stable, unique: "conversation.new". Registering an id again replaces it. */
  id: string;
  label: string;
  /** Heading under which the palette lists it. */
  group: string;
  icon?: ReactNode;
  /** Other words that find it. */
  keywords?: string;
  /** Keys to show, as `keysLabel` of the shortcut formats them. */
  keys?: string;
  /** Present: one of a choice; tells whether it is the current one. */
  checked?: boolean;
  /** Commands with a higher weight come first; 0 if absent. */
  weight?: number;
  run: () => void;
}

/** A source of commands that depend on what is typed, e.g. conversations found by the server. */
export interface CommandSource {
  id: string;
  search: (query: string, signal: AbortSignal) => Promise<Command[]>;
}

const commands = new Map<string, Command>();
const sources = new Map<string, CommandSource>();
let snapshot: { commands: Command[]; sources: CommandSource[] } = { commands: [], sources: [] };
const listeners = new Set<() => void>();

function changed() {
  snapshot = { commands: [...commands.values()], sources: [...sources.values()] };
  for (const listener of listeners) listener();
}

/** Adds commands; call the result to remove them. */
export function registerCommands(added: Command[]): () => void {
  for (const command of added) commands.set(command.id, command);
  changed();
  return () => {
    for (const command of added) {
      if (commands.get(command.id) === command) commands.delete(command.id);
    }
    changed();
  };
}

export function registerCommandSource(source: CommandSource): () => void {
  sources.set(source.id, source);
  changed();
  return () => {
    if (sources.get(source.id) === source) sources.delete(source.id);
    changed();
  };
}

/** Registers commands while the component is mounted. Memoise the array. */
export function useCommands(added: Command[]): void {
  useEffect(() => registerCommands(added), [added]);
}

/** Registers a source while the component is mounted. Memoise it. */
export function useCommandSource(source: CommandSource): void {
  useEffect(() => registerCommandSource(source), [source]);
}

export function useRegistry() {
  return useSyncExternalStore(subscribe, () => snapshot);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
