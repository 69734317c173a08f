/**
 * A person's words for a User-Agent header: browser and system. A rough reading on purpose; it helps
 * to recognise one's own devices and decides nothing.
 */
export interface Device {
  browser: string | null;
  system: string | null;
  mobile: boolean;
}

const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bCoc_Coc_Browser\/|\bcoc_coc_browser\//, "Cốc Cốc"],
  [/\bChrome\/|\bCriOS\/|\bChromium\/|\bHeadlessChrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
];

const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

export function readUserAgent(header: string | null): Device {
  const find = (table: [RegExp, string][]) =>
    table.find(([pattern]) => pattern.test(header ?? ""))?.[1] ?? null;
  const system = find(SYSTEMS);
  return {
    browser: find(BROWSERS),
    system,
    mobile: /\bMobile\b|\biPad\b|\bAndroid\b/.test(header ?? ""),
  };
}
