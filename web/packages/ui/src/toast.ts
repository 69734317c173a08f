/**
 * Short messages about what just happened. A store outside React, so that anything may speak;
 * `Toaster` shows it. At most three at once; an error stays until it is read.
 */
export interface ToastOptions {
  description?: string;
  /** Milliseconds on screen; `Infinity` stays. */
  duration?: number;
  action?: { label: string; onSelect: () => void };
  /** A toast with the id of one on screen replaces it. */
  id?: string;
}

export interface Toast extends ToastOptions {
  id: string;
  tone: "neutral" | "success" | "danger";
  title: string;
  duration: number;
}

const LIMIT = 3;
let toasts: readonly Toast[] = [];
let sequence = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
  toasts = next;
  for (const listener of listeners) listener();
}

function show(tone: Toast["tone"], title: string, options: ToastOptions = {}): string {
  sequence += 1;
  const entry: Toast = {
    ...options,
    id: options.id ?? `toast-${sequence}`,
    tone,
    title,
    duration: options.duration ?? (tone === "danger" || options.action ? 8000 : 4000),
  };
  set([...toasts.filter((other) => other.id !== entry.id), entry].slice(-LIMIT));
  return entry.id;
}

export const toast = Object.assign(
  (title: string, options?: ToastOptions) => show("neutral", title, options),
  {
    success: (title: string, options?: ToastOptions) => show("success", title, options),
    error: (title: string, options?: ToastOptions) => show("danger", title, options),
    dismiss: (id: string) => set(toasts.filter((entry) => entry.id !== id)),
  },
);

export const toastStore = {
  get: () => toasts,
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
