/** Everything by keyboard alone. */
import { expect, test } from "./support/test";

test("from a new chat to a branch without a mouse", async ({ chat, page }) => {
  await expect(chat.box).toBeFocused();
  await page.keyboard.type("/echo line one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("line two");
  await page.keyboard.press("Enter");
  await chat.settled();
  await expect(chat.questions).toContainText("line one");
  await expect(chat.answer).toContainText("line two");

  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("/slow /long 300 again");
  await page.keyboard.press("Enter");
  await expect(chat.stop).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(chat.answer).toContainText(/stopped/i);

  await page.keyboard.press("ControlOrMeta+Shift+M");
  await expect(page.getByRole("combobox", { name: "Search models" })).toBeFocused();
  await page.keyboard.type("vision");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Model: Parlance Demo Vision" })).toBeVisible();
  await expect(chat.box).toBeFocused();

  await page.keyboard.press("ControlOrMeta+Shift+O");
  await expect(page).toHaveURL(/\/$/);
  await expect(chat.box).toBeFocused();

  await page.keyboard.press("ControlOrMeta+K");
  await expect(page.getByRole("dialog").getByRole("combobox")).toBeFocused();
  await page.keyboard.type("line one");
  await expect(page.getByRole("option", { name: /line one/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/c\/conv_/);
});

test("focus is always visible, and every control has a name", async ({ chat, page }) => {
  await chat.ask("/code hello");
  await chat.box.focus();
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Shift+Tab");
    const seen = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      return {
        named: Boolean(
          element.getAttribute("aria-label") ||
          element.textContent?.trim() ||
          element.getAttribute("placeholder"),
        ),
        outlined: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0,
        sized: box.width > 0 && box.height > 0,
        what: element.outerHTML.slice(0, 120),
      };
    });
    expect(seen, seen.what).toMatchObject({ named: true, outlined: true, sized: true });
  }
});
