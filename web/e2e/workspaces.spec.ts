/** A workspace's life: made, filled by invitations, grouped, left, deleted and restored. */
import type { Browser, Page } from "@playwright/test";
import { Api, newAccount, type Account } from "./support/api";
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/test";

async function makeWorkspace(page: Page, name: string): Promise<void> {
  await page.goto("/");
  await page.getByRole("button", { name: "Account:" }).click();
  await page.getByRole("menuitem", { name: "New workspace…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("button", { name: "Account:" })).toContainText(name);
}

/** Somebody else, in a browser of their own. */
async function somebody(browser: Browser, url: string, account: Account): Promise<Page> {
  const context = await browser.newContext({ baseURL: url });
  await new Api(context.request, url).signUp(account);
  const page = await context.newPage();
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Account:" })).toBeVisible();
  return page;
}

test("a team begins, works in groups and ends", async ({ page, api: _in, browser, server }) => {
  await makeWorkspace(page, "Acme");
  await page.goto("/settings/workspace");
  await expect(page.getByText("Nobody is invited")).toBeVisible();
  await page.getByRole("button", { name: "Invite people" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(dialog.getByText("Enter an e-mail address.")).toBeVisible();
  await dialog.getByRole("radio", { name: "By link" }).check();
  await expectAccessible(page, "an invitation");
  await dialog.getByRole("button", { name: "Make link" }).click();
  const link = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  expect(link).toMatch(new RegExp(`^${server.url}/invite/[\\w-]{43}$`));
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("10 more may come in")).toBeVisible();
  await expectAccessible(page, "the workspace's page");

  // A stranger signs up on the way.
  const grace = newAccount("Grace Hopper");
  const context = await browser.newContext({ baseURL: server.url });
  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByRole("heading", { name: "Join Acme" })).toBeVisible();
  await expect(other.getByText("Ada Lovelace invites you to work there.")).toBeVisible();
  await expectAccessible(other, "the invitation's page");
  await other.getByRole("link", { name: "Create an account" }).click();
  await other.getByLabel("Name").fill(grace.name);
  await other.getByLabel("E-mail").fill(grace.email);
  await other.getByLabel("Password", { exact: true }).fill(grace.password);
  await other.getByRole("button", { name: "Create account" }).click();
  await other.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(other.getByText("Welcome to Acme")).toBeVisible();
  await expect(other.getByRole("button", { name: "Account:" })).toContainText("Acme");

  await page.reload();
  await expect(page.getByText("9 more may come in")).toBeVisible();
  await expect(page.getByText(grace.email)).toBeVisible();

  // A group, and a budget over it.
  await page.goto("/settings/groups");
  await page.getByRole("button", { name: "New group" }).click();
  await dialog.getByLabel("Name").fill("Compilers");
  await dialog.getByRole("checkbox", { name: "Grace Hopper" }).check();
  await expectAccessible(page, "a group's form");
  await dialog.getByRole("button", { name: "Create group" }).click();
  await expect(page.getByText("Group created")).toBeVisible();
  await page.getByRole("button", { name: /^Compilers/ }).click();
  await expect(page.getByRole("list").getByText("Grace Hopper")).toBeVisible();
  await expectAccessible(page, "groups");
  await page.goto("/settings/budgets");
  await page.getByRole("button", { name: "New budget" }).click();
  await dialog.getByLabel("For", { exact: true }).selectOption({ label: "Compilers" });
  await dialog.getByLabel("Name").fill("Pocket money");
  await dialog.getByLabel("Limit, in dollars").fill("0.000000001");
  await dialog.getByRole("button", { name: "Create budget" }).click();
  const budget = page.getByRole("listitem").filter({ hasText: "Pocket money" });
  await expect(budget).toContainText("Compilers · each month");

  // It stops who is in the group, and nobody else.
  await other.goto("/");
  await other.getByRole("textbox", { name: "Message", exact: true }).fill("Hello");
  await other.keyboard.press("Enter");
  const banner = other.getByRole("alert").filter({ hasText: "A spend cap has been reached" });
  await expect(banner).toContainText("“Pocket money” allows");
  await page.goto("/");
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("/echo Hello");
  await page.keyboard.press("Enter");
  await expect(page.locator("article[data-role=assistant]")).toContainText("Hello");

  // She leaves.
  await other.goto("/settings/workspace");
  await other.getByRole("button", { name: "Leave", exact: true }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await expect(other.getByText("You have left Acme")).toBeVisible();
  await expect(other.getByRole("button", { name: "Account:" })).toContainText("Personal");

  // It is deleted, and restored as it was.
  await page.goto("/settings/workspace");
  await page.getByRole("button", { name: "Leave", exact: true }).click();
  await dialog.getByRole("button", { name: "Leave" }).click();
  await expect(page.getByText("A workspace needs at least one owner.")).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  const confirm = dialog.getByRole("button", { name: "Delete workspace" });
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel("Type Acme to confirm").fill("Acme");
  await confirm.click();
  await expect(page.getByRole("button", { name: "Account:" })).toContainText("Personal");
  await expect(page.getByRole("heading", { name: "Deleted workspaces" })).toBeVisible();
  await expectAccessible(page, "deleted workspaces");
  await page.getByRole("button", { name: "Restore Acme" }).click();
  await expect(page.getByText("Acme is open again")).toBeVisible();
  await page.getByRole("button", { name: "Account:" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Acme" }).click();
  await expect(page.getByRole("button", { name: "Account:" })).toContainText("Acme");
  await expect(page.getByRole("link", { name: /Hello/ }).first()).toBeVisible();
  await context.close();
});

test("an invitation to an address is for nobody else", async ({
  page,
  api: _in,
  browser,
  server,
}) => {
  await makeWorkspace(page, "Acme");
  await page.goto("/settings/workspace");
  const grace = newAccount("Grace Hopper");
  const dialog = page.getByRole("dialog");
  const invite = async (email: string) => {
    await page.getByRole("button", { name: "Invite people" }).click();
    await dialog.getByRole("textbox", { name: "E-mail" }).fill(email);
    await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  };
  await invite(grace.email);
  const link = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();
  await invite(grace.email.toUpperCase());
  await expect(dialog.getByText("This address is invited already.")).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();

  const eve = await somebody(browser, server.url, newAccount("Eve"));
  await eve.goto(link);
  await expect(eve.getByText(`It is for ${grace.email}. Log out`)).toBeVisible();
  await expect(eve.getByRole("button", { name: "Accept the invitation" })).toBeHidden();
  const other = await somebody(browser, server.url, grace);
  await other.goto(link);
  await other.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(other.getByText("Welcome to Acme")).toBeVisible();

  // Another one, to somebody else, is taken back.
  await page.reload();
  await invite("somebody@example.com");
  const second = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Take back: somebody@example.com" }).click();
  await dialog.getByRole("button", { name: "Take back" }).click();
  await expect(page.getByText("Invitation taken back")).toBeVisible();
  await eve.goto(second);
  await expect(eve.getByRole("heading", { name: "This invitation has ended" })).toBeVisible();
  await eve.context().close();
  await other.context().close();
});

test("an address belongs to a workspace", async ({ page, api: _in, browser, server, context }) => {
  await makeWorkspace(page, "Acme");
  await expect(page).toHaveURL(/\/w\/ws_\w+\/$/);
  const acme = page.url();
  await page.getByRole("button", { name: "Account:" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Ada Lovelace" }).click();
  await expect(page.getByRole("button", { name: "Account:" })).not.toContainText("Acme");
  await expect(page).not.toHaveURL(acme);
  const own = page.url();

  // Another tab is in another workspace, and stays there.
  const tab = await context.newPage();
  await tab.goto(`${acme}settings/workspace`);
  await expect(tab.getByRole("button", { name: "Account:" })).toContainText("Acme");
  await page.reload();
  await expect(page.getByRole("button", { name: "Account:" })).not.toContainText("Acme");
  await expect(page).toHaveURL(own);

  // Back leads through workspaces, too.
  await page.goto(acme);
  await expect(page.getByRole("button", { name: "Account:" })).toContainText("Acme");
  await page.goBack();
  await expect(page).toHaveURL(own);
  await expect(page.getByRole("button", { name: "Account:" })).not.toContainText("Acme");

  // Somebody else's is not entered, and that is said.
  const other = await somebody(browser, server.url, newAccount("Grace Hopper"));
  await other.goto(`${acme}settings/usage`);
  await expect(other.getByRole("status").or(other.getByRole("alert")).first()).toBeVisible();
  await expect(other).not.toHaveURL(new RegExp(new URL(acme).pathname));
  await expect(other.getByRole("button", { name: "Account:" })).not.toContainText("Acme");
});
