/** Single sign-on: a workspace sets its provider, proves a domain, and its people come in by it. */
import { newAccount } from "./support/api";
import { expectAccessible } from "./support/axe";
import { Issuer } from "./support/issuer";
import { openSettings, proveDomain, test as base } from "./support/team";
import { expect } from "./support/test";

const test = base.extend<object, { issuer: Issuer }>({
  issuer: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const issuer = await Issuer.start();
      await provide(issuer);
      issuer.stop();
    },
    { scope: "worker" },
  ],
});

test("a team sets up single sign-on, and a new colleague comes in by it", async ({
  chat,
  page,
  browser,
  server,
  issuer,
  names,
}) => {
  const domain = `team${Date.now().toString(36)}.example`;
  await chat.open();
  await openSettings(page);

  // What is missing is said beside its field.
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("This is required.").first()).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill("Acme");
  await page.getByLabel("Issuer").fill(issuer.url);
  await page.getByLabel("Client ID").fill("parlance");
  await page.getByLabel("Client secret").fill("a secret");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Single sign-on saved")).toBeVisible();
  await page.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText("The provider answers")).toBeVisible();

  await page.getByLabel("New domain").fill("not a domain");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText("Enter a domain such as example.com.")).toBeVisible();
  await page.getByLabel("New domain").fill(domain);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: `Verify ${domain}` }).click();
  await expect(page.getByText("The record was not found.")).toBeVisible();
  await expectAccessible(page, "/settings/sso");
  await proveDomain(page, names, domain);

  // Somebody who has no account, in a browser of their own.
  const context = await browser.newContext({ baseURL: server.url });
  const other = await context.newPage();
  await other.goto("/login");
  await other.getByRole("link", { name: "Use single sign-on" }).click();
  await other.getByLabel("Work e-mail").fill(newAccount().email);
  await other.getByRole("button", { name: "Continue" }).click();
  await expect(other.getByText("There is no single sign-on for this domain.")).toBeVisible();
  await expectAccessible(other, "/single-sign-on");
  await other.getByLabel("Work e-mail").fill(`mai@${domain}`);
  await other.getByRole("button", { name: "Continue" }).click();
  await other.getByLabel("Address").fill(`mai@${domain}`);
  await other.getByRole("button", { name: "Continue" }).click();
  await expect(other.getByRole("textbox", { name: "Message", exact: true })).toBeVisible();
  await other.goto("/settings/sso");
  await expect(other.getByText("Your role does not open this page")).toBeVisible();
  await context.close();
});
