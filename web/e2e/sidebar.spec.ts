/** Conversations: found, renamed, pinned, archived, deleted and brought back. */
import { expect, test } from "./support/test";

test("rename, pin, archive and their undo", async ({ chat, page }) => {
  await chat.ask("Tell me about owls");
  const nav = page.getByRole("navigation", { name: "Conversations" });
  const item = nav.getByRole("link", { name: /owls/i });
  await expect(item).toHaveAttribute("aria-current", "page");

  await nav.getByRole("button", { name: /Options for .*owls/i }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  const field = nav.getByRole("textbox", { name: "Conversation name" });
  await field.fill("Birds of the night");
  await field.press("Enter");
  await expect(nav.getByRole("link", { name: "Birds of the night" })).toBeVisible();

  await nav.getByRole("button", { name: "Options for Birds of the night" }).click();
  await page.getByRole("menuitem", { name: "Pin", exact: true }).click();
  await expect(nav.getByRole("heading", { name: "Pinned" })).toBeVisible();

  await nav.getByRole("button", { name: "Options for Birds of the night" }).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await expect(nav.getByRole("link", { name: "Birds of the night" })).toBeHidden();
  await expect(page).toHaveURL(/\/$/);
  await nav.getByRole("button", { name: "Archive", exact: true }).click();
  await expect(nav.getByRole("link", { name: "Birds of the night" })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(nav.getByRole("link", { name: "Birds of the night" })).toBeHidden();
  await nav.getByRole("button", { name: "Back to conversations" }).click();
  await expect(nav.getByRole("link", { name: "Birds of the night" })).toBeVisible();
});

test("delete leaves with an undo", async ({ chat, page, api }) => {
  await chat.ask("Tell me about foxes");
  const { id } = chat;
  const nav = page.getByRole("navigation", { name: "Conversations" });
  await nav.getByRole("button", { name: /Options for .*foxes/i }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(nav.getByRole("link", { name: /foxes/i })).toBeHidden();
  await expect(api.call("GET", `/conversations/${id}`)).rejects.toThrow("404");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page).toHaveURL(new RegExp(id));
  await expect(chat.questions).toHaveText(/foxes/);
  await expect(nav.getByRole("link", { name: /foxes/i })).toBeVisible();
});

test("search asks the server; long lists come page by page", async ({ page, api }) => {
  for (let index = 0; index < 70; index += 1)
    await api.createConversation({ title: `Note number ${index}` });
  await page.goto("/");
  const nav = page.getByRole("navigation", { name: "Conversations" });
  await expect(nav.getByRole("link", { name: "Note number 69" })).toBeVisible();
  await expect(nav.getByRole("link", { name: "Note number 0", exact: true })).toHaveCount(0);
  await nav.getByRole("searchbox", { name: "Search conversations" }).fill("NUMBER 7");
  await expect(nav.getByRole("listitem")).toHaveCount(1);
  await nav.getByRole("searchbox").press("Escape");
  await nav.getByRole("link", { name: "Note number 30" }).scrollIntoViewIfNeeded();
  await nav.getByRole("link", { name: "Note number 21" }).scrollIntoViewIfNeeded();
  await expect(nav.getByRole("link", { name: "Note number 0", exact: true })).toBeAttached();
});

test("a change in one tab shows in the other", async ({ chat, context, page, api }) => {
  await chat.ask("Tell me about bees");
  const second = await context.newPage();
  await second.goto("/");
  const item = second.getByRole("navigation", { name: "Conversations" }).getByRole("link");
  await expect(item.filter({ hasText: /bees/i })).toBeVisible();
  await api.call("PATCH", `/conversations/${chat.id}`, { title: "All about honey" });
  await expect(item.filter({ hasText: "All about honey" })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("All about honey");
});

test("an unknown conversation says so", async ({ page, chat }) => {
  await expect(chat.box).toBeVisible();
  await page.goto("/c/conv_00000000000000000000000000");
  await expect(page.getByText("This conversation does not exist")).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "New chat" }).click();
  await expect(chat.box).toBeVisible();
});
