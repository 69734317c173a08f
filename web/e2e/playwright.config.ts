/**
 * Browser tests against the real binary: `PARLANCE_BIN` (default: the debug build) is started on a
 * free port with a folder and a database of its own. `PARLANCE_E2E_DATABASE=postgres` runs them on
 * PostgreSQL, at PARLANCE_TEST_POSTGRES_URL, but for those that look at screens alone, which no database changes.
 * One worker: the machine is small and streams are timed by people.
 */
import { defineConfig } from "@playwright/test";

const screensAlone = ["accessibility", "keyboard", "language"];

export default defineConfig({
  testDir: ".",
  testIgnore:
    process.env.PARLANCE_E2E_DATABASE === "postgres"
      ? screensAlone.map((name) => `**/${name}.spec.ts`)
      : [],
  outputDir: "./test-results",
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    // Recording each step's picture costs more than the steps do.
    trace: "on-first-retry",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.PARLANCE_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        // There is no graphics card to find, and emulating one costs half a core.
        "--disable-gpu",
        // Chromium's sandbox does not run as root, which is how containers run.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ],
    },
  },
});
