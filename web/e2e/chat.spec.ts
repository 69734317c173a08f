/** The main job: sign up, choose a model, talk to it; every answer streamed, priced and kept. */
import { newAccount, textOf } from "./support/api";
import { Chat, expect, test } from "./support/test";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("sign up, choose a model, chat, and find it again tomorrow", async ({ page }) => {
  const account = newAccount("Grace Hopper");
  await page.goto("/");
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel(/name/i).fill(account.name);
  await page.getByLabel(/e-?mail/i).fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: /sign up|create account/i }).click();

  const chat = new Chat(page);
  await expect(page.getByRole("heading", { name: "What can I help with, Grace?" })).toBeVisible();
  await page.getByRole("button", { name: /^Model:/ }).click();
  const search = page.getByRole("combobox", { name: "Search models" });
  await search.fill("demo reason");
  await expect(page.getByRole("option")).toHaveCount(1);
  await search.press("Enter");
  await expect(page.getByRole("button", { name: "Model: Parlance Demo Reasoner" })).toBeVisible();

  await chat.ask("What is a monad?");
  await expect(chat.questions).toHaveText(/What is a monad\?/);
  await expect(chat.answer).toHaveAccessibleName("Answer of Parlance Demo Reasoner");
  await expect(
    chat.answer.getByRole("button", { name: /Parlance Demo Reasoner · .+ tokens · \$/ }),
  ).toBeVisible();
  await expect(chat.text).not.toBeEmpty();
  const text = await chat.text.textContent();

  // The title comes from the server, and the month's cost is no longer nothing.
  await expect(page.getByRole("navigation").getByRole("link", { name: /monad/i })).toBeVisible();
  await page.reload();
  await expect.poll(() => chat.text.textContent()).toBe(text);
});

test("unavailable models say which variable to set, and can't be chosen", async ({
  page,
  chat,
}) => {
  await page.getByRole("button", { name: /^Model:/ }).click();
  await page.getByRole("combobox", { name: "Search models" }).fill("claude");
  const option = page.getByRole("option").first();
  await expect(option).toHaveAttribute("aria-disabled", "true");
  await expect(option).toContainText("Set ANTHROPIC_API_KEY on the server to use it");
  await page.keyboard.press("Enter");
  await expect(option).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: /^Model: Parlance Demo/ })).toBeFocused();
  await chat.box.focus();
});

test("the whole catalogue is there, and only a few rows of it in the page", async ({
  page,
  chat,
}) => {
  await expect(chat.box).toBeVisible();
  await page.getByRole("button", { name: /^Model:/ }).click();
  await expect
    .poll(async () => Number(await page.getByRole("option").first().getAttribute("aria-setsize")))
    .toBeGreaterThan(100);
  expect(await page.getByRole("option").count()).toBeLessThan(40);
});

test("what the screen copies is what the server stored, byte for byte", async ({ chat, api }) => {
  await chat.ask("/markdown everything you can");
  expect(await chat.copied()).toBe(await api.lastAnswer(chat.id));
});

test("acceptance 42: stop keeps what was written and ends the run", async ({ chat, api, page }) => {
  await chat.send("/slow /long 400 a story");
  await expect(chat.text).toContainText(/\w+ \w+ \w+/);
  await chat.stop.click();
  await expect(chat.answer).toContainText("You stopped this answer.");
  await chat.settled();
  const [, answer] = await api.messages(chat.id);
  expect(answer?.run?.status).toBe("cancelled");
  expect(await chat.copied()).toBe(textOf(answer));
  await page.reload();
  await expect(chat.answer).toContainText("You stopped this answer.");
});

test("a failure says why, and retry answers beside it", async ({ chat, api, page }) => {
  await chat.send("/fail overloaded please");
  await expect(chat.answer).toContainText("The model is overloaded right now.");
  await chat.answer.getByRole("button", { name: "Retry" }).click();
  await expect(chat.answer.getByRole("img", { name: "Version 2 of 2" })).toBeVisible();
  const [, answer] = await api.messages(chat.id);
  expect(answer?.sibling_ids).toHaveLength(2);
  await page.reload();
  await expect(chat.answer).toContainText("The model is overloaded right now.");
});

test("a failure in the middle keeps the text before it", async ({ chat, api }) => {
  await chat.send("/fail mid tell me something");
  await expect(chat.answer.getByRole("alert")).toBeVisible();
  await chat.settled();
  const stored = await api.lastAnswer(chat.id);
  expect(stored.length).toBeGreaterThan(0);
  expect(await chat.copied()).toBe(stored);
});

test("a message written during an answer is sent after it", async ({ chat, page }) => {
  await chat.send("/slow /long 12 first");
  await expect(chat.stop).toBeVisible();
  await chat.send("second");
  await expect(page.getByText("Will be sent when the answer is complete.")).toBeVisible();
  await expect(chat.questions).toHaveCount(2, { timeout: 30_000 });
  await chat.settled();
  await expect(chat.questions.last()).toContainText("second");
});

test("settings of a conversation are kept", async ({ chat, page, api }) => {
  await page.getByRole("button", { name: "Chat settings" }).click();
  await page.getByLabel("System prompt").fill("Answer in rhyme.");
  await page.getByLabel("Longest answer, in tokens").fill("0");
  await expect(page.getByText(/A whole number from 1/)).toBeVisible();
  await page.getByLabel("Longest answer, in tokens").fill("500");
  await page.getByLabel("Temperature").fill("0.4");
  await page.getByRole("button", { name: "Done" }).click();
  await chat.ask("Hello");
  const conversation = await api.call("GET", `/conversations/${chat.id}`);
  expect(conversation).toMatchObject({
    system_prompt: "Answer in rhyme.",
    parameters: { temperature: 0.4, max_output_tokens: 500 },
  });
  await page.reload();
  await expect(page.getByRole("button", { name: "Chat settings, 3 changed" })).toBeVisible();
});

test("reasoning is folded away and can be opened; tool calls are shown", async ({ chat }) => {
  await chat.ask("/reason why is the sky blue?");
  const thought = chat.answer.getByRole("button", { name: /Thought/ });
  await expect(thought).toHaveAttribute("aria-expanded", "false");
  await thought.click();
  await expect(chat.answer.locator(".markdown")).toHaveCount(2);
  await chat.ask("/tool what is the weather?");
  await expect(chat.answer.getByText(/Asked for the tool/)).toBeVisible();
});

test("code is highlighted with a copy button, math is set, tables scroll", async ({
  chat,
  page,
}) => {
  await chat.ask("/code sort a list");
  await expect(chat.answer.locator(".code-block .hljs-keyword").first()).toBeVisible();
  await chat.answer.getByRole("button", { name: "Copy code" }).first().click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const shown = await chat.answer.locator(".code-block code").first().textContent();
  expect(copied).toBe(shown);
  await chat.ask("/math the quadratic formula");
  await expect(chat.answer.locator(".katex").first()).toBeVisible();
  await chat.ask("/table compare");
  await expect(
    chat.answer.getByRole("region", { name: "Table" }).getByRole("columnheader").first(),
  ).toBeVisible();
});
