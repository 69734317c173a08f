/** A QR code as one path of an SVG, one unit a module, with the quiet zone that scanners need. */
import createQr from "qrcode-generator";

export interface Qr {
  /** Modules from edge to edge, quiet zone included. */
  size: number;
  path: string;
}

const QUIET = 4;

export function qrOf(text: string): Qr {
  // The smallest version that holds the text, at 15 % of redundancy.
  const code = createQr(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (!code.isDark(row, column)) continue;
      const start = column;
      while (column + 1 < count && code.isDark(row, column + 1)) column += 1;
      path += `M${start + QUIET} ${row + QUIET}h${column - start + 1}v1H${start + QUIET}z`;
    }
  }
  return { size: count + 2 * QUIET, path };
}

/** A secret in groups of four, for typing. */
export function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}
