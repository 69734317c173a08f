import { expect, test } from "vitest";
import { readUserAgent } from "./user-agent.logic";

test.each([
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0",
    { browser: "Edge", system: "Windows", mobile: false },
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    { browser: "Safari", system: "iPhone", mobile: true },
  ],
  [
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    { browser: "Chrome", system: "Android", mobile: true },
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    { browser: "Firefox", system: "Linux", mobile: false },
  ],
  ["curl/8.5.0", { browser: "curl", system: null, mobile: false }],
  [null, { browser: null, system: null, mobile: false }],
])("%s", (header, expected) => {
  expect(readUserAgent(header)).toEqual(expected);
});
