/** Budgets: made, shown with what was spent, and what happens in the chat when one is used up. */
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/test";

test("a budget is made, changed and deleted", async ({ page, api: _in }) => {
  await page.goto("/settings/budgets");
  await expect(page.getByText("No budgets yet")).toBeVisible();
  await page.getByRole("button", { name: "New budget" }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("button", { name: "Create budget" }).click();
  await expect(form.getByText("Give the budget a name.")).toBeVisible();
  await expect(form.getByText("An amount in dollars, such as 25 or 12.50.")).toBeVisible();
  await expectAccessible(page, "a form with errors");
  await form.getByLabel("Name").fill("Team");
  await form.getByLabel("Limit, in dollars").fill("1,000");
  await form.getByRole("button", { name: "Create budget" }).click();
  await expect(form.getByText("An amount in dollars, such as 25 or 12.50.")).toBeVisible();
  await form.getByLabel("Limit, in dollars").fill("25");
  await form.getByLabel("Only warn").check();
  await form.getByRole("button", { name: "Create budget" }).click();
  await expect(page.getByText("Budget created")).toBeVisible();

  const row = page.getByRole("listitem").filter({ hasText: "Team" });
  await expect(row).toContainText("The whole workspace · each month");
  await expect(row).toContainText("$0.00 of $25.00");
  await expect(row).toContainText("Warns");
  await expect(row.getByRole("meter")).toHaveAttribute("aria-valuenow", "0");
  await expectAccessible(page, "budgets");

  await row.getByRole("button", { name: "Options for Team" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await expect(form.getByLabel("For", { exact: true })).toBeDisabled();
  await form.getByLabel("Limit, in dollars").fill("30.5");
  await form.getByLabel("Stop", { exact: false }).first().check();
  await form.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("$0.00 of $30.50");
  await expect(row).toContainText("Stops");

  await row.getByRole("button", { name: "Options for Team" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No budgets yet")).toBeVisible();
});

test("a used up cap stops the chat and says so", async ({ page, api, chat }) => {
  await chat.ask("Tell me about owls");
  await api.call("POST", "/budgets", {
    name: "Pocket money",
    subject: { kind: "workspace" },
    period: "month",
    limit_usd: "0.000000001",
    hard: true,
  });
  await chat.send("And about larks?");
  const banner = page.getByRole("alert").filter({ hasText: "A spend cap has been reached" });
  await expect(banner).toContainText("“Pocket money” allows $0.000000001 a month. It resets in");
  // The message was not taken: it stands where it was written.
  await expect(chat.box).toHaveValue("And about larks?");
  await expect(chat.questions).toHaveCount(1);
  await expectAccessible(page, "the banner");

  await banner.getByRole("link", { name: "See budgets" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "Pocket money" });
  await expect(row).toContainText("Used up");
  await row.getByRole("button", { name: "Options for Pocket money" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await page.getByRole("dialog").getByLabel("Limit, in dollars").fill("100");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Budget changed")).toBeVisible();
  await page.goBack();
  await chat.box.fill("");
  await chat.ask("And about larks?");
  await expect(banner).toBeHidden();
});

test("a new chat that a cap stops keeps what was written", async ({ page, api, chat }) => {
  await api.call("POST", "/budgets", {
    name: "Nothing",
    subject: { kind: "workspace" },
    period: "total",
    limit_usd: "0.000000001",
    hard: true,
  });
  await chat.send("A long question that took me minutes");
  await expect(page).toHaveURL(/\/c\/conv_/);
  await expect(page.getByRole("alert")).toContainText("“Nothing” allows $0.000000001 in all.");
  await expect(chat.box).toHaveValue("A long question that took me minutes");
});

test("usage goes out as a file that no spreadsheet runs", async ({ page, chat }) => {
  await chat.ask("Tell me about owls");
  await page.goto("/settings/usage");
  await page.getByRole("button", { name: "API key" }).click();
  await expect(page.getByRole("rowheader", { name: "In the app" })).toBeVisible();
  await page.getByRole("button", { name: "Model", exact: true }).click();
  await expect(page.getByRole("columnheader", { name: "Model" })).toBeVisible();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV" }).click(),
  ]);
  expect(file.suggestedFilename()).toMatch(/^parlance-usage-\d{4}-\d{2}-by-model\.csv$/);
  const chunks: Buffer[] = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString("utf8").split("\r\n");
  expect(lines[0]).toBe(
    "\uFEFFmodel,key,answers,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,reasoning_tokens,cost_usd",
  );
  expect(lines[1]).toMatch(/,demo\/[\w-]+,\d+,/);
  expect(lines.at(-1)).toBe("");
});
