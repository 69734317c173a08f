/** Acceptance 38 and 39 as a person meets them: reloads, second tabs, crashes. */
import { Api, newAccount, textOf } from "./support/api";
import { Server } from "./support/server";
import { Chat, expect, test } from "./support/test";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("a refresh in mid-answer loses nothing", async ({ chat, page, api }) => {
  await chat.send("/slow /long 60 the sea");
  await expect(chat.text).toContainText(/(\w+\W+){5}/);
  const early = (await chat.text.innerText()).trim();
  await page.reload();
  await expect(chat.stop).toBeVisible();
  await expect(chat.text).toContainText(early.slice(0, 20));
  await chat.settled();
  const stored = await api.lastAnswer(chat.id);
  expect(stored.length).toBeGreaterThan(early.length);
  expect(await chat.copied()).toBe(stored);
});

test("two tabs, one reloaded in mid-answer: both end with the stored text", async ({
  chat,
  context,
  api,
}) => {
  await chat.ask("hello");
  const other = new Chat(await context.newPage());
  await other.open(`/c/${chat.id}`);
  await expect(other.answers).toHaveCount(1);

  await chat.send("/slow /long 60 mountains");
  // The second tab was told, and streams as well.
  await expect(other.answers).toHaveCount(2);
  await expect(other.text).toContainText(/(\w+\W+){4}/);
  await expect(other.stop).toBeVisible();
  await chat.page.reload();
  await chat.settled();
  await other.page.bringToFront();
  await other.settled();

  const stored = await api.lastAnswer(chat.id);
  expect(await other.copied()).toBe(stored);
  await chat.page.bringToFront();
  expect(await chat.copied()).toBe(stored);
});

test("leaving for another conversation and coming back finds the answer still streaming", async ({
  chat,
  page,
  api,
}) => {
  await chat.send("/slow /long 50 rivers");
  await expect(chat.text).not.toBeEmpty();
  const path = new URL(page.url()).pathname;
  await page.getByRole("link", { name: "New chat" }).first().click();
  await expect(page.getByRole("heading", { name: /What can I help with/ })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`${path}$`));
  await chat.settled();
  expect(await chat.copied()).toBe(await api.lastAnswer(chat.id));
});

test("a broken connection is resumed, and says so meanwhile", async ({ chat, page, api }) => {
  await chat.send("/slow /long 60 forests");
  await expect(chat.text).toContainText(/(\w+\W+){3}/);
  await page.context().setOffline(true);
  await page.waitForTimeout(500);
  await page.context().setOffline(false);
  await chat.settled();
  expect(await chat.copied()).toBe(await api.lastAnswer(chat.id));
});

test("kill -9 in mid-answer: the text is there, marked interrupted, and retry works", async ({
  browser,
}) => {
  test.slow();
  const server = await Server.start();
  const context = await browser.newContext({
    baseURL: server.url,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  try {
    const api = new Api(context.request, server.url);
    const account = newAccount();
    await api.signUp(account);
    const chat = new Chat(await context.newPage());
    await chat.open();
    await chat.send("/slow /long 200 deserts");
    await expect(chat.text).toContainText(/(\w+\W+){8}/);
    const seen = (await chat.text.innerText()).trim();
    await server.crash();
    await server.run();
    // The tab comes back by itself; nobody reloads.
    await expect(chat.answer).toContainText("The server stopped before this answer was complete.", {
      timeout: 45_000,
    });
    await expect(chat.text).toContainText(seen.slice(0, Math.floor(seen.length / 2)));
    const [, answer] = await api.messages(chat.id);
    expect(answer?.run?.status).toBe("interrupted");
    expect(answer?.run?.usage).not.toBeNull();
    expect(await chat.copied()).toBe(textOf(answer));
    await chat.answer.getByRole("button", { name: "Retry" }).click();
    await chat.stop.click();
    await expect(chat.answer.getByRole("group", { name: "Versions" })).toContainText("2/2");
    await expect(chat.answer).toContainText(/stopped/i);
  } finally {
    await context.close();
    await server.remove();
  }
});
