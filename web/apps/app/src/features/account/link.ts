/** The secret of the link that led here. It stands after the `#`, which browsers send to nobody. */
export function linkSecret(): string {
  return location.hash.slice(1);
}

/** Takes a used secret out of the address bar and the history. */
export function forgetLink(): void {
  history.replaceState(history.state, "", location.pathname);
}
