/** Routes and connections, as an administrator sets them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/test";

test("a route is made by keyboard, put in order, used and deleted", async ({ page, api }) => {
  await page.goto("/settings/routing");
  await expect(page.getByText("No routes yet")).toBeVisible();
  await page.getByRole("button", { name: "New route" }).click();
  const form = page.getByRole("dialog", { name: "New route" });
  await form.getByLabel("Name").fill("Fast One");
  await form.getByRole("button", { name: "Create route" }).click();
  await expect(form.getByText("Small letters, digits, dots")).toBeVisible();
  await expect(form.getByText("Choose a model.")).toBeVisible();
  await expect(form.getByLabel("Name")).toBeFocused();
  await expectAccessible(page, "a form with errors");
  await form.getByLabel("Name").fill("fast");

  const choose = async (target: number, query: string) => {
    await form.getByRole("button", { name: `Model of target ${target}` }).press("Enter");
    const search = page.getByRole("combobox", { name: "Search models" });
    await search.fill(query);
    await expect(page.getByRole("listbox").getByRole("option").first()).toBeVisible();
    await search.press("Enter");
    await expect(search).toBeHidden();
  };
  const models = () => form.getByRole("button", { name: /^Model of target/ }).allInnerTexts();
  await choose(1, "demo");
  const [first] = await models();
  await form.getByRole("button", { name: "Add a model" }).click();
  await choose(2, "demo");
  // The same twice under the same conditions is a slip.
  await form.getByRole("button", { name: "Create route" }).click();
  await expect(form.getByText("This stands twice.")).toBeVisible();
  await form.getByText("For every call").last().click();
  await form.getByLabel("Input of at most").last().fill("4000");
  await form.getByRole("button", { name: "Move target 2 up" }).press("Enter");
  await expect(form.getByRole("status")).toContainText("is now 1 of 2");
  await form.getByRole("button", { name: "Create route" }).click();
  await expect(page.getByText("Route created")).toBeVisible();

  const [stored] = (
    await api.call<{ data: { name: string; targets: { model: string; when: unknown }[] }[] }>(
      "GET",
      "/routes",
    )
  ).data;
  expect(stored?.name).toBe("fast");
  expect(stored?.targets.map(({ when }) => when !== null)).toEqual([true, false]);
  const row = page.getByRole("listitem").filter({ hasText: "fast" });
  await expect(row).toContainText(first ?? "");
  await expect(row).toContainText("1 condition");
  await expectAccessible(page, "routes");

  await page.getByRole("button", { name: "New route" }).click();
  await form.getByLabel("Name").fill("fast");
  await choose(1, "demo");
  await form.getByRole("button", { name: "Create route" }).click();
  await expect(form.getByRole("alert").first()).toBeVisible();
  await expect(form.getByLabel("Name")).toBeFocused();
  await form.getByRole("button", { name: "Cancel" }).click();

  await row.getByRole("button", { name: "Options for fast" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No routes yet")).toBeVisible();
});

test("targets are dragged by their handle", async ({ page, api }) => {
  const { data } = await api.call<{ data: { id: string; name: string }[] }>(
    "GET",
    "/models?available=true",
  );
  const target = (max: number) => ({
    model: data[0]?.id,
    weight: 1,
    when: { max_input_tokens: max },
  });
  await api.call("POST", "/routes", {
    name: "ladder",
    description: "",
    strategy: "ordered",
    targets: [target(1000), target(2000), target(3000)],
    abort_on_disconnect: false,
  });
  await page.goto("/settings/routing");
  await page.getByRole("button", { name: "Options for ladder" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const limits = page.getByLabel("Input of at most");
  await expect(limits).toHaveCount(3);
  const order = async () => Promise.all((await limits.all()).map((field) => field.inputValue()));
  expect(await order()).toEqual(["1000", "2000", "3000"]);
  const handle = page.getByRole("dialog").locator("li [data-handle]");
  await handle.last().scrollIntoViewIfNeeded();
  const from = await handle.last().boundingBox();
  const row = await page.getByRole("dialog").locator("li").nth(1).boundingBox();
  if (!from || !row) throw new Error("no handles");
  await page.mouse.move(from.x + 5, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(from.x + 5, row.y + 4, { steps: 8 });
  await page.mouse.up();
  expect(await order()).toEqual(["1000", "3000", "2000"]);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Route changed")).toBeVisible();
});

test("a connection is refused, mended, tested, switched off and deleted", async ({ page, api }) => {
  const inner = createServer((_, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ object: "list", data: [{ id: "llama", object: "model" }] }));
  });
  await new Promise<void>((done) => inner.listen(0, "0.0.0.0", done));
  const { port } = inner.address() as AddressInfo;
  let called = 0;
  inner.on("request", () => (called += 1));
  await page.goto("/settings/providers");
  await page.getByRole("button", { name: "New connection" }).click();
  const form = page.getByRole("dialog", { name: "New connection" });
  await form.getByLabel("Provider", { exact: true }).selectOption("compatible");
  await form.getByRole("button", { name: "Add connection" }).click();
  await expect(form.getByText("Give the connection a name.")).toBeVisible();
  await expect(form.getByText("An address such as")).toBeVisible();
  await form.getByLabel("Name", { exact: true }).fill("Cellar");
  const key = form.getByLabel("Provider's key");
  await expect(key).toHaveAttribute("type", "password");
  await key.fill("sk-not-a-real-key-9f0c");
  await form.getByLabel("Address").fill(`http://127.0.0.2:${port}/v1`);
  await form.getByRole("button", { name: "Add connection" }).click();
  // The server calls nobody in its own network.
  await expect(form.getByLabel("Address")).toHaveAttribute("aria-invalid", "true");
  expect(called).toBe(0);
  await expectAccessible(page, "a refused address");

  await form.getByLabel("Address").fill(`http://127.0.0.1:${port}/v1`);
  await form.getByRole("button", { name: "Add a model" }).click();
  await form.getByLabel("Model's name there").fill("llama-3.3-70b");
  await form.getByLabel("Input, $", { exact: true }).fill("0.59");
  await form.getByRole("button", { name: "Add connection" }).click();
  await expect(form.getByText("Give both prices, or none.")).toBeVisible();
  await form.getByLabel("Output, $").fill("0.79");
  await form.getByRole("button", { name: "Add connection" }).click();
  await expect(page.getByText("Connection added")).toBeVisible();

  const row = page.getByRole("listitem").filter({ hasText: "Cellar" });
  await expect(row).toContainText("9f0c");
  await expect(row).toContainText("1 model");
  await expect(row.getByRole("switch", { name: "Use Cellar" })).toBeChecked();
  expect(JSON.stringify(await api.call("GET", "/connections"))).not.toContain("sk-not-a-real-key");
  await row.getByRole("button", { name: "Test" }).click();
  await expect(row.getByRole("status")).toContainText("It answers");
  expect(called).toBeGreaterThan(0);
  // Not `uncheck()`: it looks before the server has answered.
  await row.getByRole("switch", { name: "Use Cellar" }).click();
  await expect(row.getByRole("switch", { name: "Use Cellar" })).not.toBeChecked();
  await expect(page.getByText("Cellar is off")).toBeVisible();
  await row.getByRole("button", { name: "Options for Cellar" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No connections yet")).toBeVisible();
  inner.close();
});
