/** Second factors and passkeys, as a person sets them up and uses them. */
import type { Page } from "@playwright/test";
import type { Account } from "./support/api";
import { expectAccessible } from "./support/axe";
import { addAuthenticator, ageProofs, totp } from "./support/proofs";
import { expect, test } from "./support/test";

const dialog = (page: Page) => page.getByRole("dialog");
const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });

async function typePassword(page: Page, account: Account) {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill(account.password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

async function logOut(page: Page) {
  // What the browser fills in by itself would be faster than any person: a virtual device asks nobody.
  await page.evaluate(() => localStorage.removeItem("parlance.passkey"));
  await page.context().clearCookies({ name: "parlance_refresh" });
  await page.goto("/login");
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
}

/** Reads the recovery codes, and closes the window that has them. */
async function readCodes(page: Page): Promise<string[]> {
  await expect(dialog(page).getByRole("heading", { name: "Your recovery codes" })).toBeVisible();
  const codes = await dialog(page).getByRole("listitem").allInnerTexts();
  expect(codes).toHaveLength(10);
  await expectAccessible(page, "recovery codes");
  const download = page.waitForEvent("download");
  await dialog(page).getByRole("button", { name: "Download" }).click();
  expect((await download).suggestedFilename()).toBe("parlance-recovery-codes.txt");
  await page.keyboard.press("Escape");
  await dialog(page).getByRole("button", { name: "I have saved them" }).click();
  await expect(dialog(page)).toBeHidden();
  return codes;
}

test("an authenticator app is set up, asked for, and turned off", async ({
  page,
  api: _in,
  account,
}) => {
  await page.goto("/settings/security");
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(dialog(page).getByRole("img", { name: "QR code" })).toBeVisible();
  await expectAccessible(page, "set-up");
  const secret = await dialog(page).locator("code").innerText();
  await dialog(page).getByRole("textbox", { name: "Code" }).fill("000000");
  await dialog(page).getByRole("button", { name: "Turn on" }).click();
  await expect(dialog(page).getByText("This code doesn't work")).toBeVisible();
  await dialog(page).getByRole("textbox", { name: "Code" }).fill(totp(secret, -1));
  await page.keyboard.press("Enter");
  const [first, second] = await readCodes(page);
  await expect(page.getByText("10 of 10 are unused")).toBeVisible();
  await expectAccessible(page, "/settings/security");

  await logOut(page);
  await typePassword(page, account);
  await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
  await expectAccessible(page, "second step");
  await page.getByRole("textbox", { name: "Code" }).fill("000000");
  await page.keyboard.press("Enter");
  await expect(page.getByText("This code doesn't work")).toBeVisible();
  await page.getByRole("textbox", { name: "Code" }).fill(totp(secret));
  await page.keyboard.press("Enter");
  await expect(box(page)).toBeVisible();

  await logOut(page);
  await typePassword(page, account);
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByRole("textbox", { name: "Recovery code" }).fill(first ?? "");
  await page.keyboard.press("Enter");
  await expect(box(page)).toBeVisible();
  await logOut(page);
  await typePassword(page, account);
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByRole("textbox", { name: "Recovery code" }).fill(first ?? "");
  await page.keyboard.press("Enter");
  await expect(page.getByText("This code doesn't work")).toBeVisible();
  await page.getByRole("textbox", { name: "Recovery code" }).fill(second ?? "");
  await page.keyboard.press("Enter");
  await expect(box(page)).toBeVisible();

  await page.goto("/settings/security");
  await expect(page.getByText("8 of 10 are unused")).toBeVisible();
  await page.getByRole("button", { name: "Turn off" }).click();
  await dialog(page).getByRole("button", { name: "Turn off" }).click();
  await expect(page.getByText("Authenticator app removed")).toBeVisible();
  await logOut(page);
  await typePassword(page, account);
  await expect(box(page)).toBeVisible();
});

test("a passkey is added, logs in without a password, and is removed", async ({
  page,
  api: _in,
  account,
}) => {
  await addAuthenticator(page);
  await page.goto("/settings/security");
  await expect(page.getByText("You have no passkeys yet.")).toBeVisible();
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await dialog(page).getByLabel("Name").fill("Ada's laptop");
  await dialog(page).getByRole("button", { name: "Go on" }).click();
  await readCodes(page);
  const row = page.getByRole("listitem").filter({ hasText: "Ada's laptop" });
  await expect(row).toContainText("not used yet");
  await expectAccessible(page, "/settings/security");

  await logOut(page);
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await expect(box(page)).toBeVisible();

  // Beside the password it is the second step.
  await logOut(page);
  await typePassword(page, account);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await expect(box(page)).toBeVisible();

  await page.goto("/settings/security");
  await expect(row).toContainText("last used");
  await page.getByRole("button", { name: "Options for Ada's laptop" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await dialog(page).getByLabel("Name").fill("Old laptop");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Options for Old laptop" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog(page).getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("You have no passkeys yet.")).toBeVisible();
  await logOut(page);
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await expect(page.getByRole("alert")).toContainText("This passkey wasn't accepted.");
});

test("what opens doors asks again who it is, and then goes on", async ({
  page,
  api: _in,
  account,
  server,
}) => {
  await page.goto("/settings/keys");
  await page.getByRole("button", { name: "New key" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill("Build server");
  ageProofs(server);
  const create = () => dialog(page).getByRole("button", { name: "Create key" }).click();
  const confirm = page.getByRole("dialog", { name: "Confirm that it is you" });
  await create();
  await expect(confirm).toBeVisible();
  await expectAccessible(page, "confirm that it is you");
  await page.keyboard.press("Escape");
  await expect(confirm).toBeHidden();
  await expect(page.getByText("Nothing was changed")).toBeVisible();
  // What was typed is still there.
  await create();
  await confirm.getByRole("textbox", { name: "Your password" }).fill("not the password");
  await page.keyboard.press("Enter");
  await expect(confirm.getByText("That isn't your password.")).toBeVisible();
  await confirm.getByRole("textbox", { name: "Your password" }).fill(account.password);
  await page.keyboard.press("Enter");
  await expect(confirm).toBeHidden();
  await expect(dialog(page).getByText("shown only this once")).toBeVisible();
});

test("an account is deleted, and kept after all", async ({ page, api: _in, account }) => {
  await page.goto("/settings/profile");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  expect((await download).suggestedFilename()).toBe("parlance-export.json");
  await page.getByRole("button", { name: "Delete account…" }).click();
  await expectAccessible(page, "delete the account");
  await dialog(page).getByRole("button", { name: "Delete my account" }).click();
  const closing = page.getByRole("heading", { name: "Your account will be deleted" });
  await expect(closing).toBeVisible();
  await expectAccessible(page, "an account that is to be deleted");
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await typePassword(page, account);
  await expect(closing).toBeVisible();
  await page.getByRole("button", { name: "Keep my account" }).click();
  await expect(box(page)).toBeVisible();
  await page.reload();
  await expect(box(page)).toBeVisible();
});
