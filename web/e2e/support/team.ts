/** A team that sets up single sign-on, with a name server of its own. */
import type { Page } from "@playwright/test";
import { Names } from "./names";
import { Server } from "./server";
import { test as base, expect } from "./test";

/** `test` with a server that asks the test's own name server about domains. */
export const test = base.extend<object, { names: Names; server: Server }>({
  names: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const names = await Names.start();
      await provide(names);
      names.stop();
    },
    { scope: "worker" },
  ],
  server: [
    async ({ names }, provide) => {
      const server = await Server.start({ PARLANCE_AUTH__DNS_SERVER: names.address });
      await provide(server);
      await server.remove();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

/** Makes a workspace and opens its settings of single sign-on. */
export async function openSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Account:" }).click();
  await page.getByRole("menuitem", { name: "New workspace…" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Acme");
  await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("button", { name: "Account:" })).toContainText("Acme");
  await page.goto("/settings/sso");
  await expect(page.getByRole("heading", { name: "Single sign-on", level: 1 })).toBeVisible();
}

/** Publishes the record that the page shows, and has it looked for. */
export async function proveDomain(page: Page, names: Names, domain: string): Promise<void> {
  const record = page.locator("dd code");
  names.publish(
    (await record.first().textContent()) ?? "",
    (await record.last().textContent()) ?? "",
  );
  await page.getByRole("button", { name: `Verify ${domain}` }).click();
  await expect(page.getByText("Verified", { exact: true })).toBeVisible();
}
