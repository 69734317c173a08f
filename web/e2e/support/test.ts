/** `test` with a server for the whole run, a fresh account per test, and the chat by its own words. */
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { Api, newAccount, type Account } from "./api";
import { Server } from "./server";

interface Fixtures {
  account: Account;
  api: Api;
  chat: Chat;
}

export const test = base.extend<Fixtures, { server: Server }>({
  // Playwright reads a fixture's needs from this pattern, also when there are none.
  server: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const server = await Server.start();
      await provide(server);
      await server.remove();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  baseURL: async ({ server }, provide) => provide(server.url),
  // oxlint-disable-next-line no-empty-pattern
  account: async ({}, provide) => provide(newAccount()),
  /** Signed in; the browser shares the session through its cookie. */
  api: async ({ context, server, account }, provide) => {
    const api = new Api(context.request, server.url);
    await api.signUp(account);
    await provide(api);
  },
  chat: async ({ page, api: _signedIn }, provide) => {
    const chat = new Chat(page);
    await chat.open();
    await provide(chat);
  },
});

export { expect };

/** The chat page as a person sees it. Names are the accessible ones, in English. */
export class Chat {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(path = "/"): Promise<void> {
    await this.page.goto(path);
    await expect(this.box).toBeVisible();
  }

  get box(): Locator {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }
  get answers(): Locator {
    return this.page.locator("article[data-role=assistant]");
  }
  get questions(): Locator {
    return this.page.locator("article[data-role=user]");
  }
  get answer(): Locator {
    return this.answers.last();
  }
  get stop(): Locator {
    return this.page.getByRole("button", { name: "Stop", exact: true });
  }
  get log(): Locator {
    return this.page.getByRole("log");
  }
  /** The rendered text of the newest answer. */
  get text(): Locator {
    return this.answer.locator(".markdown").last();
  }

  async send(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** Until the newest answer is complete, by its own sign: the buttons under it. */
  async settled(): Promise<void> {
    const last = this.page.locator("article").last();
    await expect(last).toHaveAttribute("data-role", "assistant", { timeout: 45_000 });
    await expect(last.getByRole("button", { name: "Regenerate", exact: true })).toBeEnabled({
      timeout: 45_000,
    });
    await expect(this.stop).toBeHidden();
  }

  async ask(text: string): Promise<void> {
    await this.send(text);
    // The list is virtual, so counting its rows would prove nothing.
    await expect(this.questions.last()).toContainText((text.split("\n")[0] ?? "").trim());
    await this.settled();
  }

  get id(): string {
    const id = /\/c\/(conv_\w+)/.exec(this.page.url())?.[1];
    if (!id) throw new Error(`no conversation at ${this.page.url()}`);
    return id;
  }

  /** What "Copy answer" would put on the clipboard: the answer's source, byte for byte. */
  async copied(answer = this.answer): Promise<string> {
    await answer.getByRole("button", { name: "Copy answer" }).click();
    return this.page.evaluate(() => navigator.clipboard.readText());
  }
}
