/** The audit log on its way out, and the workspace taken along: to a receiver that is really there. */
import { createServer, type IncomingMessage, type Server as Receiver } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { expectAccessible } from "./support/axe";
import { Server } from "./support/server";
import { expect, test as base } from "./support/test";

interface Delivery {
  id: string;
  type: string;
  actions: string[];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const piece of request) body += String(piece);
  return body;
}

const test = base.extend<
  { receiver: { address: string; deliveries: Delivery[] } },
  { server: Server }
>({
  server: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const server = await Server.start({ PARLANCE_PROVIDERS__ALLOW_PRIVATE_ADDRESSES: "true" });
      await provide(server);
      await server.remove();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  // oxlint-disable-next-line no-empty-pattern
  receiver: async ({}, provide) => {
    const deliveries: Delivery[] = [];
    const receiver: Receiver = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { type, data } = JSON.parse(body) as {
          type: string;
          data: { entries: { action: string }[] };
        };
        const actions = data.entries.map((entry) => entry.action);
        deliveries.push({ id: String(request.headers["webhook-id"]), type, actions });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((ready) => receiver.listen(0, "127.0.0.1", ready));
    const { port } = receiver.address() as AddressInfo;
    await provide({ address: `http://127.0.0.1:${port}/log`, deliveries });
    receiver.close();
  },
});

test("a receiver gets what is written, and can be tested, paused and removed", async ({
  page,
  api,
  receiver,
}) => {
  await page.goto("/settings/audit");
  await page.getByRole("button", { name: "Begin streaming" }).click();
  await expect(page.getByText("This is required.")).toBeVisible();
  await page.getByLabel("Address", { exact: true }).fill(receiver.address);
  await page.getByRole("button", { name: "Begin streaming" }).click();
  await expect(page.getByText("Copy the secret now")).toBeVisible();
  await expect(page.getByText(/^whsec_/)).toBeVisible();
  await expect
    .poll(() => receiver.deliveries.flatMap(({ actions }) => actions))
    .toContain("audit_stream.set");

  await page.getByRole("button", { name: "Send a test entry" }).click();
  await expect(page.getByText("The test entry has arrived.")).toBeVisible();
  expect(receiver.deliveries.at(-1)?.type).toBe("audit.test");
  await expectAccessible(page, "streaming of the audit log");

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Paused", { exact: true })).toBeVisible();
  await api.call("POST", "/groups", { name: "Research" });
  await page.reload();
  await expect(page.getByText("Copy the secret now")).toBeHidden();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("Active", { exact: true })).toBeVisible();
  await expect
    .poll(() => receiver.deliveries.flatMap(({ actions }) => actions))
    .toContain("group.created");

  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("button", { name: "Begin streaming" })).toBeVisible();
});

test("an owner takes the workspace along", async ({ page, api: _signedIn }) => {
  await page.goto("/settings/workspace");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download archive" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toMatch(/-\d{4}-\d{2}-\d{2}\.zip$/);
  const bytes = await readFile(await file.path());
  // A ZIP file begins so, and its list stands at its end.
  expect(bytes.subarray(0, 2).toString()).toBe("PK");
  expect(bytes.includes("manifest.json")).toBe(true);
});

test("both fit a phone", async ({ page, api: _signedIn }) => {
  await page.setViewportSize({ width: 320, height: 740 });
  for (const [path, name] of [
    ["/settings/audit", "Begin streaming"],
    ["/settings/workspace", "Download archive"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole("button", { name })).toBeVisible();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(320);
  }
});
