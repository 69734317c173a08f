/** Accounts by mail: the letters are read where a developer reads them, at /dev/mail. */
import type { Page } from "@playwright/test";
import { newAccount, type Account } from "./support/api";
import { expectAccessible } from "./support/axe";
import { Server } from "./support/server";
import { test as base, expect } from "./support/test";

const test = base.extend<object, { server: Server }>({
  server: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const server = await Server.start({
        PARLANCE_MAIL__PREVIEW: "true",
        PARLANCE_AUTH__REQUIRE_VERIFIED_EMAIL: "true",
      });
      await provide(server);
      await server.remove();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

async function signUp(page: Page, account: Account) {
  await page.goto("/signup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Check your e-mail" })).toBeVisible();
}

async function logIn(page: Page, email: string, password: string) {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

/** Opens the newest letter to an address and follows its button. */
async function followLetter(page: Page, email: string, subject: string, button: string) {
  await page.goto("/dev/mail");
  await expectAccessible(page, "/dev/mail");
  await page
    .getByRole("link")
    .filter({ hasText: subject })
    .filter({ hasText: email })
    .first()
    .click();
  await expect(page.getByRole("heading", { name: subject })).toBeVisible();
  await expectAccessible(page, "a letter");
  await page.frameLocator("iframe").getByRole("link", { name: button }).click();
}

async function prove(page: Page, account: Account) {
  await followLetter(page, account.email, "Confirm your e-mail address", "Confirm this address");
  await expectAccessible(page, "/verify-email");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
}

const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });

test("an account opens by the letter, and its link works once", async ({ page }) => {
  const account = newAccount();
  await signUp(page, account);
  await expect(page.getByRole("main")).toContainText(account.email);
  await expectAccessible(page, "/check-email");
  await page.getByRole("button", { name: "Send it again" }).click();
  await expect(page.getByRole("status")).toContainText("Sent");

  await logIn(page, account.email, account.password);
  const refusal = page.getByRole("alert");
  await expect(refusal).toContainText("open the link in our letter first");
  await refusal.getByRole("link", { name: "Send it again" }).click();
  await expect(page.getByRole("main")).toContainText(account.email);

  await prove(page, account);
  expect(new URL(page.url()).hash, "the secret has left the address bar").toBe("");
  await page.getByRole("link", { name: "Go on" }).click();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await logIn(page, account.email, account.password);
  await expect(box(page)).toBeVisible();

  await page.goto("/dev/mail");
  const used = page
    .getByRole("link")
    .filter({ hasText: "Confirm your" })
    .filter({ hasText: account.email });
  await used.last().click();
  await page.frameLocator("iframe").getByRole("link", { name: "Confirm this address" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("heading", { name: "doesn't work any more" })).toBeVisible();
});

test("signing up twice looks the same, and only the letter tells", async ({ page }) => {
  const account = newAccount();
  await signUp(page, account);
  await prove(page, account);
  await signUp(page, { ...account, password: "another good password" });
  await followLetter(page, account.email, "You have an account already", "Log in");
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await logIn(page, account.email, account.password);
  await expect(box(page)).toBeVisible();
});

test("a forgotten password is set anew by a letter", async ({ page }) => {
  const account = newAccount();
  await signUp(page, account);
  await prove(page, account);
  await page.goto("/login");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("E-mail").fill("not an address");
  await page.getByRole("button", { name: "Send the letter" }).click();
  await expect(page.getByText("Enter an e-mail address.")).toBeVisible();
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await page.getByLabel("E-mail").fill(account.email);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Check your e-mail" })).toBeVisible();
  await expectAccessible(page, "the letter is on its way");

  await followLetter(page, account.email, "Set a new password", "Set a new password");
  const first = page.getByRole("textbox", { name: "New password", exact: true });
  const second = page.getByRole("textbox", { name: "New password again" });
  await first.fill("password123");
  await second.fill("password12");
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByText("The two don't match.")).toBeVisible();
  await second.fill("password123");
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByText("too easy to guess")).toBeVisible();
  await expectAccessible(page, "/reset-password");
  for (const field of [first, second]) await field.fill("a lighthouse of paper boats");
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByRole("heading", { name: "Your new password is set" })).toBeVisible();
  await logIn(page, account.email, account.password);
  await expect(page.getByRole("alert")).toBeVisible();
  await logIn(page, account.email, "a lighthouse of paper boats");
  await expect(box(page)).toBeVisible();
});

test("another address counts once it is confirmed", async ({ page }) => {
  const account = newAccount();
  const next = newAccount().email;
  await signUp(page, account);
  await prove(page, account);
  await logIn(page, account.email, account.password);
  await expect(box(page)).toBeVisible();
  await page.goto("/settings/security");
  await page.getByLabel("New e-mail address").fill(next);
  await page.getByRole("textbox", { name: "Your password" }).fill("not the password");
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByText("That isn't your current password.")).toBeVisible();
  await page.getByRole("textbox", { name: "Your password" }).fill(account.password);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("status").filter({ hasText: next })).toBeVisible();
  await expectAccessible(page, "/settings/security");

  await followLetter(page, next, "Confirm your new e-mail address", "Use this address");
  await page.getByRole("button", { name: "Use this address" }).click();
  await expect(page.getByRole("heading", { name: "has the new address" })).toBeVisible();
  await page.goto("/settings/profile");
  await expect(page.getByLabel("E-mail")).toHaveValue(next);
  await page.goto("/dev/mail");
  await expect(
    page
      .getByRole("link")
      .filter({ hasText: "address was changed" })
      .filter({ hasText: account.email }),
  ).toBeVisible();
});
