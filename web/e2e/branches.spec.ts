/** Editing and regenerating make branches; a person moves between them. */
import { textOf } from "./support/api";
import { expect, test } from "./support/test";

test("editing a message branches, and the arrows lead back", async ({ chat, api, page }) => {
  await chat.ask("/echo first answer");
  await chat.ask("/echo below the first");
  await chat.questions.first().hover();
  await chat.questions.first().getByRole("button", { name: "Edit message" }).click();
  const field = chat.questions.first().getByRole("textbox", { name: "Edit message" });
  await field.fill("/echo second answer");
  await field.press("Enter");
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.answer).toContainText("second answer");
  await chat.settled();

  const versions = chat.questions.first().getByRole("group", { name: "Versions" });
  await expect(versions).toContainText("2/2");
  await versions.getByRole("button", { name: "Previous version" }).click();
  await expect(chat.answers).toHaveCount(2);
  await expect(chat.answers.first()).toContainText("first answer");
  await expect(chat.answers.last()).toContainText("below the first");

  // The branch is the server's to remember.
  await page.reload();
  await expect(chat.answers).toHaveCount(2);
  expect((await api.messages(chat.id)).map(textOf)).toEqual([
    "/echo first answer",
    "first answer",
    "/echo below the first",
    "below the first",
  ]);
});

test("regenerate, also with another model", async ({ chat, api }) => {
  await chat.ask("What is love?");
  await chat.answer.getByRole("button", { name: "Regenerate", exact: true }).click();
  await expect(chat.answer.getByRole("group", { name: "Versions" })).toContainText("2/2");
  await chat.settled();
  await chat.answer.getByRole("button", { name: "Regenerate with another model" }).click();
  await chat.page.getByRole("menuitemcheckbox", { name: /Parlance Demo Vision/ }).click();
  await expect(chat.answer.getByRole("group", { name: "Versions" })).toContainText("3/3");
  await chat.settled();
  await expect(chat.answer).toHaveAccessibleName("Answer of Parlance Demo Vision");
  const [, answer] = await api.messages(chat.id);
  expect(answer?.sibling_ids).toHaveLength(3);
});

test("↑ in an empty composer edits the last message, Escape gives up", async ({ chat }) => {
  await chat.ask("/echo one");
  await chat.box.press("ArrowUp");
  const field = chat.questions.last().getByRole("textbox", { name: "Edit message" });
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("/echo one");
  await field.press("Escape");
  await expect(field).toBeHidden();
  await expect(chat.box).toBeFocused();
});
