/** Reading what people type for amounts and counts. Amounts stay exact text; the server does the sums. */

/**
 * "$12.5" → "12.5", "12,50" → "12.50", "1e3" → null. A comma is taken for a decimal mark only where it
 * can't be a thousands separator: "1,000" is refused, not read as one dollar.
 */
export function readUsd(text: string): string | null {
  const clean = text.trim().replace(/^\$\s*|\s*(?:\$|USD)$/gi, "");
  const match = /^(\d{1,9})(?:\.(\d{1,9})|,(\d{1,2}))?$/.exec(clean);
  if (!match) return null;
  const fraction = match[2] ?? match[3];
  const whole = (match[1] ?? "0").replace(/^0+(?=\d)/, "");
  return fraction === undefined ? whole : `${whole}.${fraction}`;
}

/** The amount, if it is more than nothing. */
export function readPositiveUsd(text: string): string | null {
  const amount = readUsd(text);
  return amount !== null && /[1-9]/.test(amount) ? amount : null;
}

/** "60" → 60; nothing written → null; anything else than a whole number from 1 up → undefined. */
export function readCount(text: string, max = 2_000_000_000): number | null | undefined {
  const clean = text.trim();
  if (clean === "") return null;
  if (!/^\d{1,10}$/.test(clean)) return undefined;
  const value = Number(clean);
  return value >= 1 && value <= max ? value : undefined;
}
