/** Members' profiles: fields of the workspace's own choice, filled in by members and by administrators. */
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/test";

test("fields are chosen, filled in, searched and outgrown", async ({ page, api, account }) => {
  await page.goto("/settings/profiles");
  await expect(page.getByText("No fields yet.")).toBeVisible();
  await page.getByRole("button", { name: "Add a field" }).click();
  const fields = page.getByRole("list", { name: "Fields" });
  await page.getByRole("button", { name: "Save fields" }).click();
  await expect(page.getByText("Give the field a name.")).toBeVisible();
  await fields.getByLabel("Field", { exact: true }).fill("Department");
  await fields.getByLabel("Kind").selectOption({ label: "Choice" });
  await page.getByRole("button", { name: "Save fields" }).click();
  await expect(page.getByText("Give at least one choice.")).toBeVisible();
  await fields.getByLabel("Choices").fill("Sales, Research");
  await fields.getByLabel("Required").check();
  await page.getByRole("button", { name: "Add a field" }).click();
  await fields.getByLabel("Field", { exact: true }).nth(1).fill("Floor");
  await fields.getByLabel("Kind").nth(1).selectOption({ label: "Whole number" });
  await expectAccessible(page, "the editor of fields");
  await page.getByRole("button", { name: "Save fields" }).click();
  await expect(page.getByText("Fields saved")).toBeVisible();

  // Filled in by its owner: refused beside its field, then kept.
  await page.goto("/settings/profile");
  await expect(page.getByRole("heading", { name: /^In / })).toBeVisible();
  const own = page.locator("form").filter({ has: page.getByLabel("Department") });
  await own.getByLabel("Floor").fill("three");
  await own.getByRole("button", { name: "Save" }).click();
  await expect(own.getByText("This is no number.")).toBeVisible();
  await expect(own.getByText("This is required.")).toBeVisible();
  await own.getByLabel("Floor").fill("2.5");
  await own.getByLabel("Department").selectOption("Research");
  await own.getByRole("button", { name: "Save" }).click();
  // What only the schema knows, the server says.
  await expect(own.getByLabel("Floor")).toHaveAttribute("aria-invalid", "true");
  await own.getByLabel("Floor").fill("3");
  await own.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Profile saved")).toBeVisible();
  await expectAccessible(page, "one's own fields");

  // Found and changed by an administrator.
  await page.goto("/settings/profiles");
  const people = page.getByRole("list", { name: "People" });
  await expect(people).toContainText("Department: Research");
  await page.getByLabel("Search in profiles").fill("sales");
  await expect(page.getByText("Nobody found")).toBeVisible();
  await page.getByLabel("Search in profiles").fill("rese");
  await page.getByRole("button", { name: `Edit the profile of ${account.name}` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Department").selectOption("Sales");
  await expectAccessible(page, "a member's profile");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await page.getByLabel("Search in profiles").fill("");
  await expect(people).toContainText("Department: Sales");

  // A schema that says more than rows can, and that what is there does not follow.
  await page.getByRole("button", { name: "Edit as JSON Schema" }).click();
  const source = page.getByLabel("JSON Schema");
  await source.fill('{"$ref": "https://example.com/schema"}');
  await page.getByRole("button", { name: "Save fields" }).click();
  await expect(source).toHaveAttribute("aria-invalid", "true");
  await source.fill('{"properties": {"Floor": {"type": "integer", "minimum": 10}}}');
  await page.getByRole("button", { name: "Save fields" }).click();
  await expect(page.getByText("Members whose profile doesn't fit: 1")).toBeVisible();
  await expect(people).toContainText("1 field does not fit any more");
  const kept = await api.call<{ attributes: unknown }>("GET", "/profile");
  expect(kept.attributes).toEqual({ Department: "Sales", Floor: 3 });
});
