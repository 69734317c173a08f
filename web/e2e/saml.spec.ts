/** Single sign-on by SAML, with a provider that others wrote: set up on the page, and a colleague comes in by it. */
import { expectAccessible } from "./support/axe";
import { SamlProvider } from "./support/saml";
import { openSettings, proveDomain, test as base } from "./support/team";
import { expect } from "./support/test";

const test = base.extend<object, { provider: SamlProvider }>({
  provider: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const provider = await SamlProvider.start();
      await provide(provider);
      provider.stop();
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
  await openSettings(page);

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
  await proveDomain(page, names, "example.com");

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
