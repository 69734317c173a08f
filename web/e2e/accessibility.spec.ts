/** axe on every screen of the chat and the rest of the app, light and dark, wide and narrow. */
import { expectAccessible } from "./support/axe";
import { Chat, expect, test } from "./support/test";

for (const scheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test.describe(`${scheme}, ${width} px`, () => {
      test.use({ colorScheme: scheme, viewport: { width, height: 800 } });

      test("signed out", async ({ page }) => {
        for (const path of [
          "/login",
          "/signup",
          "/check-email",
          "/forgot-password",
          "/reset-password",
          "/reset-password#secret",
          "/verify-email#secret",
          "/nowhere",
        ]) {
          await page.goto(path);
          await expect(
            page.getByRole("heading", { level: 1 }).or(page.getByRole("main")).first(),
          ).toBeVisible();
          await expectAccessible(page, path);
        }
      });

      test("chat", async ({ chat, page }) => {
        test.slow();
        await expectAccessible(page, "new chat");
        await chat.ask("/markdown everything");
        await chat.ask("/reason /code a function");
        await chat.answer.getByRole("button", { name: /Thought/ }).click();
        await expectAccessible(page, "an answer");
        await chat.ask("/math formulas");
        await chat.ask("/tool call one");
        await chat.ask("/hostile");
        await chat.send("/slow /long 300 words");
        await expect(chat.stop).toBeVisible();
        await expect(chat.text).not.toBeEmpty();
        await expectAccessible(page, "while streaming");
        await chat.stop.click();
        await chat.settled();
        await chat.answer.getByRole("button", { name: /tokens/ }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
        await expectAccessible(page, "details of an answer");
        await page.keyboard.press("Escape");
        await chat.send("/fail auth");
        await expect(chat.answer.getByRole("alert")).toBeVisible();
        await chat.settled();
        await expectAccessible(page, "a failed answer");
        await chat.questions.last().hover();
        await chat.questions.last().getByRole("button", { name: "Edit message" }).click();
        await expectAccessible(page, "editing");
      });

      test("overlays", async ({ chat, page }) => {
        await expect(chat.box).toBeVisible();
        await page.getByRole("button", { name: /^Model:/ }).click();
        await expect(page.getByRole("option").first()).toBeVisible();
        await expectAccessible(page, "model picker");
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Chat settings" }).click();
        await expect(page.getByLabel("System prompt")).toBeVisible();
        await expectAccessible(page, "chat settings");
        await page.keyboard.press("Escape");
        await page.keyboard.press("ControlOrMeta+K");
        await expect(page.getByRole("combobox")).toBeVisible();
        await expectAccessible(page, "command palette");
        await page.keyboard.press("Escape");
        if (width < 768) {
          await page.getByRole("button", { name: "Open sidebar" }).click();
          await expect(page.getByRole("navigation", { name: "Conversations" })).toBeVisible();
          await expectAccessible(page, "drawer");
        }
      });

      test("settings", async ({ page, api: _signedIn }) => {
        for (const path of [
          "profile",
          "appearance",
          "sessions",
          "security",
          "workspace",
          "usage",
          "budgets",
          "keys",
          "routing",
          "providers",
        ]) {
          await page.goto(`/settings/${path}`);
          await expect(page.getByRole("heading").first()).toBeVisible();
          await expect(page.locator("main .animate-breathe")).toHaveCount(0);
          await expectAccessible(page, path);
        }
      });
    });
  }
}

test("an answer is announced once, when it is complete", async ({ page, api: _signedIn }) => {
  const chat = new Chat(page);
  await chat.open();
  await chat.ask("/echo All is well.");
  await expect(
    page.getByRole("status").filter({ hasText: "Answer complete: All is well." }),
  ).toBeAttached();
  await expect(chat.log).toHaveAttribute("aria-live", "off");
});
