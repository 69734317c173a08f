/** Where accounts open at once, a line asks for the proof of the address. */
import { expectAccessible } from "./support/axe";
import { Server } from "./support/server";
import { test as base, expect } from "./support/test";

const test = base.extend<object, { server: Server }>({
  server: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const server = await Server.start({ PARLANCE_MAIL__PREVIEW: "true" });
      await provide(server);
      await server.remove();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

test("the line sends the letter again, and goes with the proof", async ({
  page,
  chat,
  account,
}) => {
  const line = page.getByRole("region", { name: "Your address" });
  await expect(line).toContainText(account.email);
  await expect(chat.box).toBeVisible();
  await expectAccessible(page, "the line over the chat");
  await line.getByRole("button", { name: "Send it again" }).click();
  await expect(line.getByRole("button", { name: "Sent" })).toBeDisabled();

  await page.goto("/dev/mail");
  await page.getByRole("link").filter({ hasText: account.email }).first().click();
  await page.frameLocator("iframe").getByRole("link", { name: "Confirm this address" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("link", { name: "Go on" }).click();
  await expect(chat.box).toBeVisible();
  await expect(line).toBeHidden();
});

test("closed, the line stays away for this visit", async ({ page, chat }) => {
  const line = page.getByRole("region", { name: "Your address" });
  await line.getByRole("button", { name: "Close" }).click();
  await expect(line).toBeHidden();
  await page.reload();
  await expect(chat.box).toBeVisible();
  await expect(line).toBeHidden();
});
