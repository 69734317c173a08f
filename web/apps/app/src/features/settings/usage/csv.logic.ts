/**
 * A table as CSV by RFC 4180, for spreadsheets. Text that a spreadsheet would take for a formula gets
 * an apostrophe in front; numbers are given as numbers and stay as they are.
 */
export type Cell = string | number | { amount: string };

export function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value: Cell): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "object") return plainAmount(value.amount);
  return quote(neutral(value));
}

/** An exact amount is a number to a spreadsheet; anything else in its place is text. */
function plainAmount(amount: string): string {
  return /^-?\d+(\.\d+)?$/.test(amount) ? amount : quote(neutral(amount));
}

/** Spreadsheets look past blanks at the start, and so does this. */
function neutral(text: string): string {
  return /^[\t\r\n]|^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? `'${text}` : text;
}

function quote(text: string): string {
  return /[",\r\n\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
