/** A conversation of 10,000 messages stays a list of a few rows, and reading back does not jump. */
import { Api, newAccount } from "./support/api";
import { seedMessages } from "./support/seed";
import { Server } from "./support/server";
import { Chat, expect, test } from "./support/test";

const COUNT = 10_000;

test("10,000 messages stay virtual", async ({ browser }) => {
  test.slow();
  const server = await Server.start();
  const context = await browser.newContext({ baseURL: server.url });
  try {
    const api = new Api(context.request, server.url);
    await api.signUp(newAccount());
    const { id } = await api.createConversation({ title: "A very long talk" });
    seedMessages(server, COUNT);
    const chat = new Chat(await context.newPage());
    await chat.open(`/c/${id}`);
    await expect(chat.answers.last()).toContainText(`Answer ${COUNT / 2}.`);
    const rows = chat.page.locator("article");
    expect(await rows.count()).toBeLessThan(40);

    // Read back: older pages arrive above, and what is being read stays where it is.
    await chat.log.hover();
    for (let turn = 0; turn < 30; turn += 1) {
      await chat.page.mouse.wheel(0, -1500);
      await chat.page.waitForTimeout(40);
    }
    await chat.page.waitForTimeout(600);
    const middle = rows.nth(Math.floor((await rows.count()) / 2));
    const which = await middle.getAttribute("data-message-id");
    const row = chat.page.locator(`article[data-message-id="${which}"]`);
    const before = await row.boundingBox();
    await chat.page.waitForTimeout(1000);
    const after = await row.boundingBox();
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
    expect(await rows.count()).toBeLessThan(40);
    await expect(chat.answers.filter({ hasText: `Answer ${COUNT / 2}.` })).toHaveCount(0);

    await chat.page.getByRole("button", { name: "Jump to latest" }).click();
    await expect(chat.answers.last()).toContainText(`Answer ${COUNT / 2}.`);
    await chat.ask("/echo still quick");
    await expect(chat.answer).toContainText("still quick");
    await expect(chat.answer).toBeInViewport();
  } finally {
    await context.close();
    await server.remove();
  }
});

test("autoscroll follows the answer, and lets go when a person scrolls up", async ({
  chat,
  page,
}) => {
  const distance = () =>
    chat.log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await chat.send("/long 3000 a long story");
  await expect(chat.stop).toBeVisible();
  await expect.poll(() => chat.log.evaluate((element) => element.scrollTop)).toBeGreaterThan(200);
  expect(await distance()).toBeLessThan(120);
  await chat.log.hover();
  await page.mouse.wheel(0, -300);
  await page.waitForTimeout(300);
  const top = await chat.log.evaluate((element) => element.scrollTop);
  await page.waitForTimeout(700);
  expect(Math.abs((await chat.log.evaluate((element) => element.scrollTop)) - top)).toBeLessThan(3);
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await expect.poll(distance).toBeLessThan(120);
});
