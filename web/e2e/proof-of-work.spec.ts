/** Strangers' browsers work before they are let in; the person at one only waits. */
import { newAccount } from "./support/api";
import { Server } from "./support/server";
import { test as base, expect } from "./support/test";

const test = base.extend<object, { server: Server }>({
  server: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const server = await Server.start({ PARLANCE_AUTH__PROOF_OF_WORK: "always" });
      await provide(server);
      await server.remove();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

test("an account is made and entered after some work, and a wrong password is still one", async ({
  page,
}) => {
  // Luck decides how long the work takes.
  test.slow();
  const account = newAccount();
  const answers: string[] = [];
  page.on("response", (response) => {
    const path = /auth\/(signup|login)$/.exec(response.url());
    if (path) answers.push(`${path[1]} ${response.status()}`);
  });
  await page.goto("/signup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("Very many requests are coming in")).toBeVisible();
  await expect(page.getByRole("heading", { name: /What can I help with/ })).toBeVisible({
    timeout: 45_000,
  });
  await expect(page.getByText("Very many requests are coming in")).toHaveCount(0);
  // Once without and once with, for the account and for the session.
  expect(answers).toEqual(["signup 403", "signup 202", "login 403", "login 200"]);

  await page.context().clearCookies();
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill("not the password");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByText("That e-mail and password don't match")).toBeVisible({
    timeout: 45_000,
  });
});
