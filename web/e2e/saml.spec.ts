/** Single sign-on by SAML, with a provider that others wrote: set up on the page, and a colleague comes in by it. */
import { expectAccessible } from "./support/axe";
import { Names } from "./support/names";
import { SamlProvider } from "./support/saml";
import { Server } from "./support/server";
import { test as base, expect } from "./support/test";

const test = base.extend<object, { provider: SamlProvider; names: Names; server: Server }>({
  provider: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const provider = await SamlProvider.start();
      await provide(provider);
      provider.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
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

test("a team sets up SAML, and a new colleague comes in by it", async ({
  chat,
  page,
  browser,
  server,
  provider,
  names,
}) => {
  await chat.open();
  await page.getByRole("button", { name: "Account:" }).click();
  await page.getByRole("menuitem", { name: "New workspace…" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Acme");
  await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("button", { name: "Account:" })).toContainText("Acme");
  await page.goto("/settings/sso");

  // The provider is told what the page shows.
  await page.getByLabel("Protocol").selectOption("saml");
  const shown = await page.locator("main code").allTextContents();
  const entityId = shown.find((text) => text.endsWith("/metadata")) ?? "";
  const acsUrl = shown.find((text) => entityId === `${text}/metadata`) ?? "";
  expect(acsUrl).toContain("/api/v1/auth/saml/");
  provider.trust({ entity_id: entityId, acs_url: acsUrl });

  await page.getByLabel("Name", { exact: true }).fill("Acme");
  await page.getByLabel("Address of the provider's metadata").fill(provider.metadata);
  await page.getByText("Attributes", { exact: true }).click();
  await page.getByLabel("Attribute of the e-mail address").fill("mail");
  await page.getByLabel("Attribute of the name").fill("displayName");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Single sign-on saved")).toBeVisible();
  await page.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText("The provider answers")).toBeVisible();
  await expectAccessible(page, "/settings/sso");

  await page.getByLabel("New domain").fill("example.com");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const record = page.locator("dd code");
  names.publish(
    (await record.first().textContent()) ?? "",
    (await record.last().textContent()) ?? "",
  );
  await page.getByRole("button", { name: "Verify example.com" }).click();
  await expect(page.getByText("Verified", { exact: true })).toBeVisible();

  const context = await browser.newContext({ baseURL: server.url });
  const other = await context.newPage();
  await other.goto("/single-sign-on");
  await other.getByLabel("Work e-mail").fill("mai@example.com");
  await other.getByRole("button", { name: "Continue" }).click();
  await other.locator("input[name=username]").fill("mai");
  await other.locator("input[name=password]").fill("any");
  await other.locator("input[name=password]").press("Enter");
  await expect(other.getByRole("textbox", { name: "Message", exact: true })).toBeVisible();
  await expect(other.getByRole("button", { name: "Account:" })).toContainText("Acme");
  await context.close();
});
