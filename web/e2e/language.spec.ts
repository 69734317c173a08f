/** The same in Vietnamese, and on a phone. */
import { Api, newAccount } from "./support/api";
import { expect, test } from "./support/test";

test.describe("Vietnamese", () => {
  test.use({ locale: "vi-VN" });

  test("the chat speaks it from the first screen on", async ({ page, context, server }) => {
    const api = new Api(context.request, server.url);
    await api.signUp(newAccount("Nguyễn Thị Minh Khai"), "vi");
    await page.goto("/");
    await expect(page.locator("html")).toHaveAttribute("lang", "vi");
    await expect(page.getByRole("heading", { name: /Tôi có thể giúp gì cho/ })).toBeVisible();
    const box = page.getByRole("textbox", { name: "Tin nhắn", exact: true });
    await box.fill("/vi Kể cho tôi về cá voi");
    await box.press("Enter");
    const answer = page.locator("article[data-role=assistant]");
    await expect(answer.getByRole("button", { name: "Trả lời lại", exact: true })).toBeEnabled();
    await expect(
      page.getByRole("navigation", { name: "Cuộc trò chuyện" }).getByText("Hôm nay"),
    ).toBeVisible();
    // Nothing of the frame is left in English.
    await expect(page.locator("body")).not.toContainText(
      /\b(New chat|Search|Today|Send|Settings|tokens)\b/,
    );
  });
});

test.describe("phone, 320 px", () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

  test("everything fits and nothing scrolls sideways", async ({ chat, page }) => {
    const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await sideways()).toBeLessThanOrEqual(0);
    await chat.ask("/markdown a tour");
    await chat.ask(`/echo ${"Donaudampfschifffahrtsgesellschaftskapitän".repeat(8)}`);
    await chat.ask("/table wide");
    expect(await sideways()).toBeLessThanOrEqual(0);
    expect(await chat.log.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
    await page.getByRole("button", { name: "Open sidebar" }).click();
    const drawer = page.getByRole("dialog", { name: "Sidebar" });
    await expect(drawer).toBeVisible();
    await drawer.getByRole("link", { name: "New chat" }).click();
    await expect(drawer).toBeHidden();
    await expect(page.getByRole("heading", { name: /What can I help with/ })).toBeVisible();
    await page.getByRole("button", { name: /^Model:/ }).click();
    await expect(page.getByRole("option").first()).toBeVisible();
    expect(await sideways()).toBeLessThanOrEqual(0);
  });
});
