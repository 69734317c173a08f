/** The product API as the tests use it: to prepare, and to compare the screen with. */
import type { APIRequestContext } from "@playwright/test";

export interface Account {
  email: string;
  password: string;
  name: string;
}

let people = 0;

export function newAccount(name = "Ada Lovelace"): Account {
  people += 1;
  const email = `person${people}.${Date.now().toString(36)}@example.com`;
  return { email, password: "correct horse battery staple", name };
}

export interface ApiMessage {
  id: string;
  role: "user" | "assistant";
  parts: { type: string; text?: string; name?: string }[];
  sibling_ids: string[];
  run: {
    id: string;
    status: string;
    usage: { cost_usd: string; output_tokens: number } | null;
  } | null;
}

export class Api {
  #token = "";
  readonly #request: APIRequestContext;
  readonly #url: string;

  constructor(request: APIRequestContext, url: string) {
    this.#request = request;
    this.#url = url;
  }

  async signUp(account: Account, locale: "en" | "vi" = "en"): Promise<void> {
    await this.call("POST", "/auth/signup", { ...account, locale });
    await this.logIn(account);
  }

  async logIn({ email, password }: Account): Promise<void> {
    const session = await this.call<{ access_token: string }>("POST", "/auth/login", {
      email,
      password,
    });
    this.#token = session.access_token;
  }

  async call<T = unknown>(method: string, path: string, data?: unknown): Promise<T> {
    const response = await this.#request.fetch(`${this.#url}/api/v1${path}`, {
      method,
      ...(data === undefined ? {} : { data }),
      headers: this.#token ? { Authorization: `Bearer ${this.#token}` } : {},
    });
    if (!response.ok())
      throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`);
    return (response.status() === 204 ? undefined : await response.json()) as T;
  }

  /** Sends a message and waits for its answer's end. */
  async ask(conversationId: string, text: string): Promise<void> {
    const { run } = await this.call<{ run: { id: string } }>(
      "POST",
      `/conversations/${conversationId}/runs`,
      {
        message: { text, file_ids: [] },
      },
    );
    for (;;) {
      const { status } = await this.call<{ status: string }>("GET", `/runs/${run.id}`);
      if (status !== "queued" && status !== "running") return;
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async createConversation(body: object = {}): Promise<{ id: string }> {
    return this.call("POST", "/conversations", body);
  }

  /** The branch shown, oldest first. */
  async messages(conversationId: string): Promise<ApiMessage[]> {
    const page = await this.call<{ data: ApiMessage[] }>(
      "GET",
      `/conversations/${conversationId}/messages?limit=100`,
    );
    return page.data.toReversed();
  }

  /** The text of the newest answer, as stored. */
  async lastAnswer(conversationId: string): Promise<string> {
    const answer = (await this.messages(conversationId)).findLast(
      (message) => message.role === "assistant",
    );
    return textOf(answer);
  }
}

export function textOf(message: ApiMessage | undefined): string {
  return (message?.parts ?? [])
    .filter((part) => part.type === "text")
    .map((part) => part.text ?? "")
    .join("");
}
