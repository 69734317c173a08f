/** Roles of a workspace's own: made, given to a member and to a group, explained, taken away. */
import { Api, newAccount } from "./support/api";
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/test";

test("a role is made, given, explained and taken away", async ({
  page,
  api: _in,
  browser,
  server,
}) => {
  // A colleague comes in by a link, as a guest.
  await page.goto("/settings/workspace");
  await page.getByRole("button", { name: "Invite people" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "By link" }).check();
  await dialog.getByLabel("Role").selectOption({ label: "Guest" });
  await dialog.getByRole("button", { name: "Make link" }).click();
  const link = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();
  const grace = newAccount("Grace Hopper");
  const context = await browser.newContext({ baseURL: server.url });
  await new Api(context.request, server.url).signUp(grace);
  const other = await context.newPage();
  await other.goto("/");
  await expect(other.getByRole("button", { name: "Account:" })).toBeVisible();
  await other.goto(link);
  await other.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(other.getByRole("button", { name: "Account:" })).toBeVisible();
  await other.goto("/settings/roles");
  await expect(other.getByText("Your role does not open this page")).toBeVisible();
  await expect(other.getByRole("link", { name: "Audit log" })).toBeHidden();

  // A role of the workspace's own.
  await page.goto("/settings/roles");
  await expect(page.getByText("No roles of your own yet")).toBeVisible();
  await expectAccessible(page, "roles");
  await page.getByRole("button", { name: "New role" }).click();
  await dialog.getByRole("button", { name: "Create role" }).click();
  await expect(dialog.getByText("Enter a name.")).toBeVisible();
  await dialog.getByRole("textbox", { name: "Name" }).fill("Auditor");
  await dialog.getByLabel("What it is for").fill("Looks into the log.");
  const chats = dialog.getByRole("checkbox", { name: "Start conversations and send messages" });
  await expect(chats).toBeEnabled();
  await dialog.getByLabel("Based on").selectOption({ label: "Member" });
  await expect(chats).toBeChecked();
  await expect(chats).toBeDisabled();
  await dialog.getByRole("checkbox", { name: "See who changed what, and export it" }).check();
  await expectAccessible(page, "a role's form");
  await dialog.getByRole("button", { name: "Create role" }).click();
  await expect(page.getByText("Role created")).toBeVisible();
  await page.getByRole("button", { name: /^Auditor/ }).click();
  await expect(
    page.getByRole("list").getByText("See who changed what, and export it"),
  ).toBeVisible();

  // It is given, holds at once, and is explained.
  await page.goto("/settings/workspace");
  const role = page.getByRole("combobox", { name: "Role of Grace Hopper" });
  await role.selectOption({ label: "Auditor" });
  await expect(page.getByText("Role changed")).toBeVisible();
  await other.goto("/settings/audit");
  await expect(other.getByRole("heading", { name: "Audit log", level: 1 })).toBeVisible();
  await expect(other.getByText("Role changed").first()).toBeVisible();

  await page.goto("/settings/groups");
  await page.getByRole("button", { name: "New group" }).click();
  await dialog.getByLabel("Name").fill("Keepers");
  await dialog.getByRole("combobox", { name: "Role" }).selectOption({ label: "Administrator" });
  await dialog.getByRole("checkbox", { name: "Grace Hopper" }).check();
  await dialog.getByRole("button", { name: "Create group" }).click();
  await expect(page.getByText("Role: Administrator")).toBeVisible();
  await expectAccessible(page, "groups with a role");

  await page.goto("/settings/workspace");
  await page.getByRole("button", { name: "What Grace Hopper may do" }).click();
  const budgets = dialog
    .getByRole("listitem")
    .filter({ hasText: "See and set everybody's budgets" });
  await expect(budgets).toContainText("Group “Keepers”: role Administrator");
  const log = dialog
    .getByRole("listitem")
    .filter({ hasText: "See who changed what, and export it" });
  await expect(log).toContainText("Role Auditor");
  await expectAccessible(page, "an explanation");
  await dialog.getByRole("button", { name: "Done" }).click();

  // While she has it, it stays; then it goes.
  const remove = async () => {
    await page.goto("/settings/roles");
    await page.getByRole("button", { name: "Options for Auditor" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
  };
  await remove();
  await expect(page.getByText("Somebody has this role.")).toBeVisible();
  await page.goto("/settings/workspace");
  await role.selectOption({ label: "Guest" });
  await expect(page.getByText("Role changed")).toBeVisible();
  await remove();
  await expect(page.getByText("Role deleted")).toBeVisible();
  await expect(page.getByText("No roles of your own yet")).toBeVisible();
  await context.close();
});
