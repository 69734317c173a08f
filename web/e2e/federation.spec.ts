/** Sign-in with another provider: a new account, an account that is connected, and what goes wrong. */
import type { Page } from "@playwright/test";
import { newAccount } from "./support/api";
import { expectAccessible } from "./support/axe";
import { Issuer } from "./support/issuer";
import { Server } from "./support/server";
import { test as base, expect } from "./support/test";

const test = base.extend<object, { server: Server }>({
  server: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const issuer = await Issuer.start();
      const server = await Server.start({
        PARLANCE_AUTH__GOOGLE__CLIENT_ID: "parlance",
        PARLANCE_AUTH__GOOGLE__CLIENT_SECRET: "a secret",
        PARLANCE_AUTH__GOOGLE__ISSUER: issuer.url,
        PARLANCE_AUTH__GITHUB__CLIENT_ID: "parlance",
        PARLANCE_AUTH__GITHUB__CLIENT_SECRET: "a secret",
        PARLANCE_MAIL__PREVIEW: "true",
        PARLANCE_AUTH__REQUIRE_VERIFIED_EMAIL: "true",
      });
      await provide(server);
      await server.remove();
      issuer.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

async function vouch(page: Page, email: string) {
  await page.getByLabel("Address").fill(email);
  await page.getByRole("button", { name: "Continue" }).click();
}

test("signs up and in with Google, and goes on where one wanted to", async ({ page }) => {
  const { email } = newAccount();
  await page.goto("/settings/security");
  await expect(page.getByRole("button", { name: "Continue with GitHub" })).toBeVisible();
  await expectAccessible(page, "/login with providers");
  await page.getByRole("button", { name: "Continue with Google" }).click();
  await vouch(page, email);
  await expect(page).toHaveURL(/\/settings\/security$/);
  const section = page.locator("section").filter({ hasText: "Connected accounts" });
  await expect(section.getByText(email)).toBeVisible();
  await expect(section.getByText("Your account has no password")).toBeVisible();
  await expectAccessible(page, "/settings/security with an account");

  // The only way in stays.
  await section.getByRole("button", { name: "Disconnect Google" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByText("This is your only way to sign in.")).toBeVisible();
  await expect(section.getByText(email)).toBeVisible();
});

test("an account that is in use is connected by its owner", async ({ page, server }) => {
  const account = newAccount();
  await fetch(`${server.url}/api/v1/auth/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: account.email, password: account.password, name: account.name }),
  });
  await page.goto("/dev/mail");
  await page.getByRole("link").filter({ hasText: account.email }).first().click();
  await page.frameLocator("iframe").getByRole("link", { name: "Confirm this address" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();

  await page.goto("/login");
  await page.getByRole("button", { name: "Continue with Google" }).click();
  await vouch(page, account.email);
  await expect(page.getByRole("heading", { name: "You have an account already" })).toBeVisible();
  await expectAccessible(page, "/sign-in-problem");

  await page.getByRole("link", { name: "Back to the login" }).click();
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill(account.password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
  await page.goto("/settings/security");
  await page.getByRole("button", { name: "Connect Google" }).click();
  await vouch(page, "elsewhere@example.com");
  await expect(page).toHaveURL(/\/settings\/security$/);
  const section = page.locator("section").filter({ hasText: "Connected accounts" });
  await expect(section.getByText("elsewhere@example.com")).toBeVisible();
  await section.getByRole("button", { name: "Disconnect Google" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(section.getByText("Nothing is connected yet.")).toBeVisible();
});

test("who cancels, or comes back with an old answer, is told so", async ({ page }) => {
  await page.goto("/signup");
  await page.getByRole("button", { name: "Continue with Google" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { name: "You have not signed in" })).toBeVisible();
  await page.goto("/api/v1/auth/callback/google?code=old&state=old");
  await expect(page.getByRole("heading", { name: "This sign-in has run out" })).toBeVisible();
  await page.getByRole("link", { name: "Back to the login" }).click();
  await expect(page).toHaveURL(/\/login$/);
});
