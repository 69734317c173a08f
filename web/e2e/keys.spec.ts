/** API keys: made, shown once, used, limited, rotated and revoked, as a person does it. */
import { request, type APIRequestContext, type Page } from "@playwright/test";
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/test";

const dialog = (page: Page) => page.getByRole("dialog");

async function create(page: Page, name: string, fill?: () => Promise<void>): Promise<string> {
  await page.getByRole("button", { name: "New key" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill(name);
  await fill?.();
  await dialog(page).getByRole("button", { name: "Create key" }).click();
  await expect(dialog(page).getByText("shown only this once")).toBeVisible();
  return readSecret(page);
}

/** Shows the secret, reads it, and closes the window that has it. */
async function readSecret(page: Page): Promise<string> {
  const field = dialog(page).getByRole("textbox", { name: "API key" });
  await expect(field).toHaveValue(/^sk-parl-\w{4}•+$/);
  await dialog(page).getByRole("button", { name: "Show the key" }).click();
  await expect(field).toHaveValue(/^sk-parl-\w+$/);
  const secret = await field.inputValue();
  await dialog(page).getByRole("button", { name: "I have saved it" }).click();
  await expect(dialog(page)).toBeHidden();
  return secret;
}

function models(client: APIRequestContext, url: string, secret: string) {
  return client.get(`${url}/v1/models`, { headers: { Authorization: `Bearer ${secret}` } });
}

test("a key is shown once, works, is rotated and revoked", async ({ page, api: _in, server }) => {
  const program = await request.newContext();
  await page.goto("/settings/keys");
  await expect(page.getByText("No keys yet")).toBeVisible();
  const secret = await create(page, "Build server");
  expect((await models(program, server.url, secret)).status()).toBe(200);

  const row = page.getByRole("listitem").filter({ hasText: "Build server" });
  await expect(row).toContainText(secret.slice(0, 12));
  await expect(row).toContainText("ends in 90 days");
  await page.reload();
  await expect(row).toBeVisible();
  expect(await page.content()).not.toContain(secret);

  await page.getByRole("button", { name: "Options for Build server" }).click();
  await page.getByRole("menuitem", { name: "New secret" }).click();
  await dialog(page).getByLabel("At once").check();
  await dialog(page).getByRole("button", { name: "Make a new secret" }).click();
  await expect(dialog(page).getByText("shown only this once")).toBeVisible();
  const second = await readSecret(page);
  expect(second).not.toBe(secret);
  expect((await models(program, server.url, secret)).status()).toBe(401);
  expect((await models(program, server.url, second)).status()).toBe(200);

  await page.getByRole("button", { name: "Options for Build server" }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await dialog(page).getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("Build server was revoked")).toBeVisible();
  await expect(page.getByRole("heading", { name: "No longer working" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Options for Build server" })).toBeHidden();
  expect((await models(program, server.url, second)).status()).toBe(401);
  await program.dispose();
});

test("Escape does not lose a secret", async ({ page, api: _in }) => {
  await page.goto("/settings/keys");
  await page.getByRole("button", { name: "New key" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill("Notebook");
  await page.keyboard.press("Enter");
  await expect(dialog(page).getByText("shown only this once")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog(page).getByRole("textbox", { name: "API key" })).toBeVisible();
});

test("a key has the limits that it was given, and keeps them", async ({ page, api: _in }) => {
  await page.goto("/settings/keys");
  await create(page, "Reports", async () => {
    const form = dialog(page);
    await form.getByLabel("Only some").check();
    await form.getByRole("searchbox", { name: "Search models and routes" }).fill("demo");
    await form.getByRole("checkbox", { name: /Demo/ }).first().check();
    await form.getByText("Limits", { exact: true }).click();
    await form.getByLabel("Requests per minute").fill("60");
    await form.getByLabel("Tokens per minute").fill("100000");
    await form.getByLabel("Spend cap").fill("12.50");
    await form.getByLabel("Addresses it may come from").fill("10.0.0.0/8\n::1");
  });
  const row = page.getByRole("listitem").filter({ hasText: "Reports" });
  await expect(row).toContainText("1 model");
  await expect(row).toContainText("60 requests/min");
  await expect(row).toContainText("100K tokens/min");
  await expect(row).toContainText("from 2 addresses");
  await expect(row).toContainText("$0.00 of $12.50 this month");

  await page.getByRole("button", { name: "Options for Reports" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const form = dialog(page);
  await expect(form.getByLabel("Spend cap")).toHaveValue("12.5");
  await expect(form.getByLabel("Addresses it may come from")).toHaveValue(/^10\.0\.0\.0\/8\n::1/);
  await form.getByLabel("Name", { exact: true }).fill("Weekly reports");
  await form.getByLabel("Requests per minute").fill("");
  await form.getByLabel("Spend cap").fill("");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Key changed")).toBeVisible();
  const changed = page.getByRole("listitem").filter({ hasText: "Weekly reports" });
  await expect(changed).not.toContainText("requests/min");
  await expect(changed).toContainText("100K tokens/min");
  await expect(changed).not.toContainText("$12.50");
});

test("what is wrong stands beside its field", async ({ page, api: _in }) => {
  await page.goto("/settings/keys");
  await page.getByRole("button", { name: "New key" }).click();
  const form = dialog(page);
  await form.getByRole("checkbox", { name: /Models/ }).uncheck();
  await form.getByText("Limits", { exact: true }).click();
  await form.getByLabel("Requests per minute").fill("many");
  await form.getByLabel("Addresses it may come from").fill("10.0.0.0/8\nthe office");
  await form.getByRole("button", { name: "Create key" }).click();
  await expect(form.getByText("Give the key a name.")).toBeVisible();
  await expect(form.getByText("Choose at least one.")).toBeVisible();
  await expect(form.getByText("A whole number from 1 to 1,000,000, or nothing.")).toBeVisible();
  await expect(form.getByText("Line 2: “the office” is not an address")).toBeVisible();
  await expect(form.getByLabel("Name", { exact: true })).toBeFocused();
  await expectAccessible(page, "a form with errors");
});

test("the quick start runs as it stands", async ({ page, api: _in, server }) => {
  await page.goto("/settings/keys");
  const secret = await create(page, "First call");
  const panel = page.getByRole("tabpanel");
  await expect(panel).toContainText(`${server.url}/v1/chat/completions`);
  const body = /-d '([^']*)'/.exec(await panel.innerText())?.[1];
  const program = await request.newContext();
  const answer = await program.post(`${server.url}/v1/chat/completions`, {
    headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
    data: body,
  });
  expect(answer.status(), await answer.text()).toBe(200);
  await page.getByRole("tab", { name: "curl" }).press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Python" })).toBeFocused();
  await expect(panel).toContainText(`base_url="${server.url}/v1"`);
  await page.getByRole("button", { name: "Anthropic" }).click();
  await expect(panel).toContainText(`base_url="${server.url}",`);
  await page.getByRole("tab", { name: "curl" }).click();
  const message = await program.post(`${server.url}/v1/messages`, {
    headers: { "x-api-key": secret, "anthropic-version": "2023-06-01" },
    data: JSON.parse(/-d '([^']*)'/.exec(await panel.innerText())?.[1] ?? ""),
  });
  expect(message.status(), await message.text()).toBe(200);
  await program.dispose();
});
