/** A conversation between two people, each in a browser of their own: to view, to edit, and no more. */
import type { Browser, Page } from "@playwright/test";
import { Api, newAccount } from "./support/api";
import { expectAccessible } from "./support/axe";
import { Chat, expect, test } from "./support/test";

/** Somebody else, who has come into the workspace by an invitation. */
async function colleague(api: Api, browser: Browser, url: string, name: string): Promise<Page> {
  const invited = await api.call<{ path: string }>("POST", "/invitations", { role: "member" });
  const context = await browser.newContext({
    baseURL: url,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await new Api(context.request, url).signUp(newAccount(name));
  const page = await context.newPage();
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Account:" })).toBeVisible();
  await page.goto(invited.path);
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(page.getByText(/^Welcome to/)).toBeVisible();
  return page;
}

test("shared to read, then to write, then no more", async ({ chat, api, browser, server }) => {
  // Two browsers, from nothing to nothing.
  test.slow();
  const page = chat.page;
  await chat.ask("/echo The bridge is blue.");
  const path = new URL(page.url()).pathname;

  // Nobody to share with yet.
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Share conversation" });
  await expect(dialog.getByText("Nobody else is in this workspace yet.")).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();

  const other = await colleague(api, browser, server.url, "Grace Hopper");
  await other.goto(path);
  await expect(other.getByText("This conversation does not exist")).toBeVisible();
  await other.goto("/");
  await other.getByRole("button", { name: "Shared with you" }).click();
  await expect(other.getByText("Nobody has shared a conversation with you yet.")).toBeVisible();

  // With the keyboard alone: found by a part of the name, to view.
  await page.reload();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const field = dialog.getByRole("combobox", { name: "Add people and groups" });
  await field.fill("hopp");
  await expect(dialog.getByRole("option", { name: "Grace Hopper" })).toBeVisible();
  await expectAccessible(page, "the picker of people and groups");
  await field.press("Enter");
  const shared = dialog.getByRole("list", { name: "Shared with" });
  await expect(shared.getByText("Grace Hopper")).toBeVisible();
  await expectAccessible(page, "the window in which one shares");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("button", { name: "Share, shared with others" })).toBeVisible();

  // It appears in the other's list by itself, and can only be read.
  const theirs = new Chat(other);
  await other.locator(`a[href="${path}"]`).click();
  await expect(theirs.answer).toContainText("The bridge is blue.");
  await expect(other.getByText("From Ada Lovelace")).toBeVisible();
  await expect(theirs.questions.first()).toContainText("Ada Lovelace");
  await expect(
    other.getByText("Ada Lovelace has shared this conversation with you to read."),
  ).toBeVisible();
  await expect(theirs.box).toBeHidden();
  for (const name of ["Regenerate", "Edit message", "Share"]) {
    await expect(other.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expectAccessible(other, "a conversation that can only be read");

  // What is said now is heard there, too.
  await chat.ask("/echo And the river is green.");
  await expect(theirs.answer).toContainText("And the river is green.");

  // One's own way on.
  await other.getByRole("button", { name: "Continue in a copy" }).click();
  await expect(other).not.toHaveURL(new RegExp(path));
  await theirs.ask("/echo Mine alone.");
  await expect(chat.answer).toContainText("And the river is green.");

  // To edit: both write, and names stand beside what the other wrote.
  await page.getByRole("button", { name: "Share, shared with others" }).click();
  await dialog.getByLabel("Access of Grace Hopper").selectOption("Can edit");
  await expect(dialog.getByLabel("Access of Grace Hopper")).toHaveValue("edit");
  await dialog.getByRole("button", { name: "Done" }).click();
  await other.goto(path);
  await theirs.ask("/echo I write here as well.");
  await expect(chat.answer).toContainText("I write here as well.");
  await expect(chat.questions.last()).toContainText("Grace Hopper");

  // No more: gone from the screen and from the list.
  await page.getByRole("button", { name: "Share, shared with others" }).click();
  await dialog.getByRole("button", { name: "Remove Grace Hopper" }).click();
  await expect(shared.getByText("Grace Hopper")).toBeHidden();
  await expect(other.getByText("This conversation does not exist")).toBeVisible();
  await other.reload();
  await expect(other.getByText("This conversation does not exist")).toBeVisible();

  // Everyone at once.
  await dialog.getByLabel("Access of Everyone in the workspace").selectOption("Can view");
  await expect(dialog.getByLabel("Access of Everyone in the workspace")).toHaveValue("view");
  await other.reload();
  await expect(theirs.answer).toContainText("I write here as well.");
});
