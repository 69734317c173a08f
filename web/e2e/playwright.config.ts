/**
 * Browser tests against the real binary: `PARLANCE_BIN` (default: the debug build) is started on a
 * free port with a folder and a database of its own. `PARLANCE_E2E_DATABASE=postgres` runs them on
 * PostgreSQL, at PARLANCE_TEST_POSTGRES_URL. One worker: the machine is small and streams are timed by people.
 */
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
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
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.PARLANCE_CHROMIUM ?? "/usr/bin/chromium",
      // Chromium's sandbox does not run as root, which is how containers run.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
