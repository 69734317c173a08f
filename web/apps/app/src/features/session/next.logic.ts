/**
 * Where to go after signing in. Only paths of this site: anything that a browser could read as
 * another origin ("//host", "/\host", "https:") falls back to the start page.
 */
export function safeNext(next: unknown): string {
  if (typeof next !== "string" || !next.startsWith("/") || /^\/[/\\]/.test(next)) return "/";
  // Browsers drop tabs and newlines inside a URL, which could turn a harmless-looking path around.
  for (const character of next) if (character < " ") return "/";
  return /^\/(login|signup|check-email|forgot-password|reset-password)(\?|$)/.test(next)
    ? "/"
    : next;
}
