/** The address that was typed last, for the page after. Kept in this tab, and out of the address bar. */
const KEY = "parlance.address";

export function setPendingAddress(email: string): void {
  try {
    sessionStorage.setItem(KEY, email);
  } catch {
    // Storage is forbidden: the next page asks for it.
  }
}

export function pendingAddress(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
