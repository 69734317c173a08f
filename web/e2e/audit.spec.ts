/** The audit log: read, opened, narrowed, exported, and proved to be whole. */
import { readFile } from "node:fs/promises";
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/test";

test("what was changed is found, opened and taken along", async ({ page, api }) => {
  const group = await api.call<{ id: string }>("POST", "/groups", { name: "Research" });
  await api.call("PATCH", `/groups/${group.id}`, { name: "Science" });
  await page.goto("/settings/audit");
  await expect(page.getByText("Chain verified")).toBeVisible();
  const entries = page.getByRole("list", { name: "Entries" });
  await expect(entries.getByRole("button", { name: "Group renamed" })).toBeVisible();
  await expect(entries.getByRole("button", { name: "Signed in" })).toBeVisible();

  await entries.getByRole("button", { name: "Group renamed" }).click();
  await expect(entries.getByRole("row", { name: "name Research Science" })).toBeVisible();
  await expect(entries.getByText("group.renamed")).toBeVisible();
  await expectAccessible(page, "the audit log");

  await page.getByLabel("What", { exact: true }).selectOption("Groups");
  await expect(entries.getByRole("button", { name: "Signed in" })).toBeHidden();
  await expect(entries.getByRole("button", { name: "Group made" })).toBeVisible();
  await page.getByLabel("What", { exact: true }).selectOption("Budgets");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await page.getByRole("button", { name: "Show everything" }).click();
  await expect(entries.getByRole("button", { name: "Signed in" })).toBeVisible();

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "JSON lines" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe("audit.jsonl");
  const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toContain(
    "group.renamed",
  );
});

test("the log fits a phone", async ({ page, api }) => {
  await api.call("POST", "/groups", { name: "Research" });
  await page.setViewportSize({ width: 375, height: 740 });
  await page.goto("/settings/audit");
  await expect(page.getByRole("button", { name: "Group made" })).toBeVisible();
  await page.getByRole("button", { name: "Group made" }).click();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(375);
});
