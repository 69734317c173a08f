/** Images in a message: chosen, pasted, dropped; refused when they are not images. */
import { deflateSync } from "node:zlib";
import { expect, test } from "./support/test";

/** A real PNG of one colour. */
function png(width: number, height: number): Buffer {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes: Buffer) => {
    let c = 0xffffffff;
    for (const byte of bytes) c = (crcTable[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
  };
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x66)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => line)));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const picture = { name: "chart.png", mimeType: "image/png", buffer: png(64, 48) };

test("choose an image, send it, see it after a reload", async ({ chat, page, api }) => {
  await page.getByRole("button", { name: /^Model:/ }).click();
  await page.getByRole("combobox", { name: "Search models" }).fill("vision");
  await page.getByRole("combobox", { name: "Search models" }).press("Enter");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach images" }).click();
  await (await chooser).setFiles(picture);
  const strip = page.getByRole("list", { name: "Attached images" });
  await expect(strip.getByRole("img", { name: "chart.png" })).toBeVisible();
  await expect(strip.getByRole("progressbar")).toBeHidden();
  await chat.ask("What is in this picture?");
  await expect(strip).toBeHidden();
  const image = chat.questions.first().getByRole("img", { name: "chart.png" });
  await expect(image).toBeVisible();
  expect((await api.messages(chat.id))[0]?.parts.map((part) => part.type)).toEqual([
    "file",
    "text",
  ]);
  await page.reload();
  await expect
    .poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth))
    .toBe(64);
  await chat.questions.first().getByRole("button", { name: "Show chart.png large" }).click();
  await expect(page.getByRole("dialog", { name: "chart.png" })).toBeVisible();
});

test("paste and drop attach as well; the wrong kind is refused in words", async ({
  chat,
  page,
}) => {
  await chat.box.focus();
  const bytes = picture.buffer.toString("base64");
  await page.evaluate((data) => {
    const file = (name: string, type: string) =>
      new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type });
    const carry = (...files: File[]) => {
      const transfer = new DataTransfer();
      for (const one of files) transfer.items.add(one);
      return transfer;
    };
    document.activeElement?.dispatchEvent(
      new ClipboardEvent("paste", {
        clipboardData: carry(file("pasted.png", "image/png")),
        bubbles: true,
        cancelable: true,
      }),
    );
    const drop = carry(file("dropped.png", "image/png"), file("notes.txt", "text/plain"));
    dispatchEvent(new DragEvent("dragenter", { dataTransfer: drop, bubbles: true }));
    dispatchEvent(new DragEvent("drop", { dataTransfer: drop, bubbles: true, cancelable: true }));
  }, bytes);
  const strip = page.getByRole("list", { name: "Attached images" });
  await expect(strip.getByRole("img", { name: "pasted.png" })).toBeVisible();
  await expect(strip.getByRole("img", { name: "dropped.png" })).toBeVisible();
  await expect(page.getByText("notes.txt is not a PNG, JPEG, WebP or GIF image.")).toBeVisible();
  await expect(page.getByText("This model can't see images. Choose one that can.")).toBeVisible();
  await strip.getByRole("button", { name: "Remove pasted.png" }).click();
  await expect(strip.getByRole("listitem")).toHaveCount(1);
});

test("what only calls itself an image is refused by the server, and can be removed", async ({
  page,
  chat,
}) => {
  await expect(chat.box).toBeVisible();
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach images" }).click();
  await (
    await chooser
  ).setFiles({ name: "fake.png", mimeType: "image/png", buffer: Buffer.from("<svg/>") });
  await expect(page.getByRole("button", { name: "Upload fake.png again" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Send", exact: true })).toBeDisabled();
  await page.getByRole("button", { name: "Remove fake.png" }).click();
  await expect(page.getByRole("list", { name: "Attached images" })).toBeHidden();
});
