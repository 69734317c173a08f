/** Administration of the platform: the first administrator, workspaces, users, acting as somebody else. */
import { Api, newAccount } from "./support/api";
import { expectAccessible } from "./support/axe";
import { Server } from "./support/server";
import { expect, test } from "./support/test";

test("the first administrator comes from a printed link and looks after everybody", async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const server = await Server.start({
    PARLANCE_PLANS__FREE__NAME: "Free",
    PARLANCE_PLANS__FREE__MESSAGES_PER_MONTH: "500",
  });
  try {
    const link = /http:\/\/\S+\/setup#[\w-]{43}/.exec(server.printed)?.[0];
    expect(link, "the start prints the link").toBeTruthy();

    // Somebody who was first to sign up, and is nobody special.
    const grace = newAccount("Grace Hopper");
    const theirs = await browser.newContext({ baseURL: server.url, locale: "en-GB" });
    const api = new Api(theirs.request, server.url);
    await api.signUp(grace);
    const team = await api.call<{ id: string }>("POST", "/workspaces", { name: "Acme Research" });
    const other = await theirs.newPage();
    await other.goto("/admin/");
    await expect(other.getByText("For administrators of this installation")).toBeVisible();

    const context = await browser.newContext({ baseURL: server.url, locale: "en-GB" });
    const page = await context.newPage();
    const ada = newAccount();
    await page.goto(link ?? "");
    await expect(page.getByRole("heading", { name: "Set up Parlance" })).toBeVisible();
    expect(page.url(), "the secret leaves the address bar").toBe(`${server.url}/setup`);
    await expectAccessible(page, "setting up");
    await page.getByRole("button", { name: "Become administrator" }).click();
    await expect(page.getByText("Enter your e-mail address.")).toBeVisible();
    await page.getByLabel("Name").fill(ada.name);
    await page.getByLabel("E-mail").fill(ada.email);
    await page.getByLabel("Password", { exact: true }).fill(ada.password);
    await page.getByRole("button", { name: "Become administrator" }).click();

    // Workspaces: found, and filtered.
    await expect(page.getByRole("heading", { name: "Workspaces" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Acme Research" })).toBeVisible();
    await page.getByLabel("Search workspaces").fill(grace.email);
    await expect(page.getByRole("link", { name: "Ada Lovelace" })).toBeHidden();
    await expect(page.getByRole("link", { name: "Acme Research" })).toBeVisible();
    await page.getByLabel("State").selectOption("suspended");
    await expect(page.getByText("No workspace is like that")).toBeVisible();
    await page.getByLabel("State").selectOption("");

    // A new one for somebody.
    await page.getByRole("button", { name: "New workspace" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("For Grace");
    await dialog.getByLabel("Owner's e-mail").fill("nobody@example.com");
    await dialog.getByRole("button", { name: "Create workspace" }).click();
    await expect(dialog.getByText("Nobody has an account with this address.")).toBeVisible();
    await dialog.getByLabel("Owner's e-mail").fill(grace.email);
    await dialog.getByRole("button", { name: "Create workspace" }).click();
    await expect(page.getByRole("heading", { name: "For Grace" })).toBeVisible();
    await page.getByLabel("Plan").selectOption("free");
    await expect(page.getByText("The plan is Free now")).toBeVisible();
    await expect(page.getByText("0 of 500")).toBeVisible();
    await page.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText(/goes for good on/)).toBeVisible();
    await page.getByRole("button", { name: "Restore" }).click();
    await expect(page.getByText(/goes for good on/)).toBeHidden();

    // Suspended: its owner reads why, and goes elsewhere.
    await page.goto(`/admin/workspaces/${team.id}`);
    await page.getByRole("button", { name: "Suspend" }).click();
    await dialog.getByRole("button", { name: "Suspend" }).click();
    await expect(dialog.getByText("Say why.")).toBeVisible();
    await dialog.getByLabel("Reason").fill("The last two invoices are unpaid.");
    await dialog.getByRole("button", { name: "Suspend" }).click();
    await expect(page.getByText("The last two invoices are unpaid.")).toBeVisible();
    await other.goto(`/w/${team.id}`);
    await expect(other.getByText("Acme Research is suspended")).toBeVisible();
    await expect(other.getByText("The last two invoices are unpaid.")).toBeVisible();
    await other.getByRole("button", { name: "Go to another workspace" }).click();
    await expect(other.getByRole("textbox", { name: "Message", exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Resume" }).click();
    await expect(page.getByText("Acme Research is open again")).toBeVisible();

    // A user: acted as, with a line that stays until it is ended.
    await page.getByRole("navigation").getByRole("link", { name: "Users" }).click();
    await page.getByLabel("Search users").fill("grace");
    await page.getByRole("link", { name: "Grace Hopper" }).click();
    await expect(page.getByRole("heading", { name: "Grace Hopper" })).toBeVisible();
    const userPage = page.url();
    await page.getByRole("button", { name: "Act as them…" }).click();
    await dialog.getByLabel("Reason").fill("Ticket 4711");
    await dialog.getByRole("button", { name: "Begin" }).click();
    const line = page.getByRole("region", { name: "Acting as somebody else" });
    await expect(line).toContainText("You act as Grace Hopper: Ticket 4711.");
    await expect(page.getByRole("button", { name: "Account:" })).toContainText("Grace Hopper");
    await page.reload();
    await expect(line).toBeVisible();
    // Their person sees it, and an administrator can't go on from here.
    await other.goto("/settings/sessions");
    await expect(
      other.getByText("An administrator of this installation acts as you: Ticket 4711"),
    ).toBeVisible();
    await page.goto("/admin/");
    await expect(page.getByText("For administrators of this installation")).toBeVisible();
    await page.goto("/");
    await line.getByRole("button", { name: "End" }).click();
    await page.waitForURL(userPage);
    await expect(page.getByRole("heading", { name: "Grace Hopper" })).toBeVisible();

    // Disabled, enabled; the last administrator stays.
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Disable…" }).click();
    await dialog.getByRole("button", { name: "Disable" }).click();
    await expect(page.getByText("Grace Hopper is disabled")).toBeVisible();
    await other.goto("/");
    await expect(other.getByRole("heading", { name: "Welcome back" })).toBeVisible();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Enable" }).click();
    await expect(page.getByText("Grace Hopper may sign in again")).toBeVisible();
    await page.getByRole("link", { name: "All users" }).click();
    await page.getByRole("link", { name: "Ada Lovelace" }).click();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Take the administration away…" }).click();
    await dialog.getByRole("button", { name: "Take it away" }).click();
    await expect(page.getByText("This is the only administrator.")).toBeVisible();

    // All of it stands in the platform's own log.
    await page.keyboard.press("Escape");
    await page.getByRole("navigation").getByRole("link", { name: "Audit log" }).click();
    const entries = page.getByRole("list", { name: "Entries" });
    await expect(entries).toContainText("Account disabled");
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Platform" });
    await expect(entries).toContainText("First administrator made");
    await expect(entries).not.toContainText("Account disabled");
    await entries.getByRole("button").first().click();
    await expect(page.getByText("127.0.0.1")).toBeVisible();
    await expectAccessible(page, "the platform's log");

    // On a phone nothing is cut off.
    await page.setViewportSize({ width: 375, height: 700 });
    for (const path of [
      "/admin/workspaces",
      "/admin/users",
      "/admin/audit",
      `/admin/workspaces/${team.id}`,
    ]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, path).toBeLessThanOrEqual(375);
    }
    await page.goto("/admin/workspaces/ws_01h455vb4pex5vsknk084sn02q");
    await expect(page.getByText("Nothing here")).toBeVisible();

    // The link did its work.
    await page.goto(link ?? "");
    await page.getByLabel("E-mail").fill("mallory@example.com");
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await page.getByRole("button", { name: "Become administrator" }).click();
    await expect(page.getByRole("heading", { name: "This link has ended" })).toBeVisible();
  } finally {
    await server.remove();
  }
});
