/**
 * Renews docs/screenshots: every screen, light and dark, at 1440, 768 and 375 px, against the real binary
 * (PARLANCE_BIN, by default the debug build) with the demo provider. `make screenshots`.
 * JPEG keeps the folder small; the pictures document, they are not compared.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "@playwright/test";

const root = resolve(import.meta.dirname, "../..");
const out = join(root, "docs/screenshots");
const binary = resolve(process.env.PARLANCE_BIN ?? join(root, "target/debug/parlance"));
const data = mkdtempSync(join(tmpdir(), "parlance-screenshots-"));
const port = await freePort();
const base = `http://localhost:${port}`;
const server = spawn(binary, ["serve"], {
  cwd: data,
  env: {
    PATH: process.env.PATH,
    HOME: data,
    RUST_LOG: "error",
    PORT: String(port),
    PARLANCE_DATA_DIR: data,
    PARLANCE_LIMITS__AUTH_PER_IP: "100000",
    PARLANCE_LIMITS__STRANGERS: "100000",
    PARLANCE_MAIL__PREVIEW: "true",
  },
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  await ready();
  for (const name of existing()) rmSync(join(out, name));
  mkdirSync(out, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.PARLANCE_CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  const person = {
    email: "ada@example.com",
    password: "correct horse battery staple",
    name: "Ada Lovelace",
  };
  const token = await prepare(person);
  const conversation = await fill(token);
  await fillGateway(token);
  const team = await fillTeam(browser, person);
  for (const theme of ["light", "dark"]) {
    for (const width of [1440, 768, 375]) {
      await take(browser, { theme, width, person, conversation, team });
    }
  }
  await takeLimit(browser, { token, person, conversation, team });
  await takeAdministration(browser, { person, team });
  await browser.close();
  console.log(`${existing().length} screenshots in docs/screenshots`);
} finally {
  server.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
}

function existing() {
  try {
    return readdirSync(out).filter((name) => /\.(png|jpg)$/.test(name));
  } catch {
    return [];
  }
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => done(free));
    });
  });
}

async function ready() {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}.`);
    if (
      await fetch(`${base}/readyz`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("The server is not ready.");
}

async function call(method, path, body, bearer) {
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

async function prepare({ email, password, name }) {
  await call("POST", "/auth/signup", { email, password, name });
  return (await call("POST", "/auth/login", { email, password })).access_token;
}

async function ask(bearer, id, text) {
  const { run } = await call(
    "POST",
    `/conversations/${id}/runs`,
    { message: { text, file_ids: [] } },
    bearer,
  );
  for (;;) {
    const { status } = await call("GET", `/runs/${run.id}`, undefined, bearer);
    if (status !== "queued" && status !== "running") return;
    await new Promise((done) => setTimeout(done, 60));
  }
}

/** A sidebar with a life of its own, and one conversation that shows what answers can hold. */
async function fill(bearer) {
  const titles = [
    "Trip to Hội An",
    "Refactor the parser",
    "Weekly report",
    "Birthday ideas",
    "Bread recipe",
    "Thesis outline",
  ];
  for (const title of titles) {
    const { id } = await call("POST", "/conversations", { title }, bearer);
    await ask(bearer, id, `Tell me about ${title}`);
    if (title === "Weekly report")
      await call("PATCH", `/conversations/${id}`, { pinned: true }, bearer);
  }
  const { id } = await call("POST", "/conversations", { title: "How to sort a list" }, bearer);
  await ask(bearer, id, "/table Compare ways to sort a list");
  await ask(bearer, id, "/math How fast is each?");
  await ask(bearer, id, "/reason /code Show me the best one");
  return id;
}

/** Keys, budgets and routes as a small team might have them. */
async function fillGateway(bearer) {
  const { user } = await call("GET", "/me", undefined, bearer);
  const month = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
  const keys = [
    {
      name: "Build server",
      scopes: ["inference"],
      expires_at: month(90),
      requests_per_minute: 600,
      tokens_per_minute: 250_000,
      allowed_ips: ["203.0.113.7", "10.0.0.0/8"],
    },
    { name: "Notebooks", scopes: ["inference", "read"], expires_at: month(5) },
    { name: "Weekly report", scopes: ["read"] },
    { name: "Old laptop", scopes: ["inference"], gone: true },
  ];
  const made = [];
  for (const { gone, ...body } of keys) {
    const { key } = await call("POST", "/keys", body, bearer);
    made.push(key);
    if (gone) await call("DELETE", `/keys/${key.id}`, undefined, bearer);
  }
  const budgets = [
    {
      name: "Team",
      subject: { kind: "workspace" },
      period: "month",
      limit_usd: "0.25",
      hard: true,
    },
    {
      name: "Ada, per day",
      subject: { kind: "user", id: user.id },
      period: "day",
      limit_usd: "0.01",
      hard: false,
    },
    {
      name: "Build server",
      subject: { kind: "key", id: made[0].id },
      period: "month",
      limit_usd: "20",
      hard: true,
    },
  ];
  for (const body of budgets) await call("POST", "/budgets", body, bearer);
  await call(
    "PUT",
    "/guardrails",
    {
      redact: ["email", "card"],
      patterns: [{ name: "cccd", regex: "\\b[0-9]{12}\\b" }],
      blocked_terms: ["Project Falcon"],
      injection: "flag",
      max_output_tokens: 8000,
    },
    bearer,
  );
  const target = (model, weight = 1, when = null) => ({ model, weight, when });
  const routes = [
    {
      name: "fast",
      description: "Short questions go to the small model",
      strategy: "ordered",
      targets: [
        target("groq/openai/gpt-oss-20b", 1, { max_input_tokens: 8000 }),
        target("openai/gpt-5.2"),
        target("anthropic/claude-sonnet-4-5"),
      ],
      abort_on_disconnect: true,
    },
    {
      name: "even",
      description: "",
      strategy: "weighted",
      targets: [target("openai/gpt-5.2", 3), target("anthropic/claude-sonnet-4-5", 1)],
      abort_on_disconnect: false,
    },
  ];
  for (const body of routes) await call("POST", "/routes", body, bearer);
  await call(
    "POST",
    "/connections",
    {
      provider: "openai",
      name: "Research account",
      base_url: null,
      key: "sk-not-a-real-key-a1b2",
      enabled: true,
      models: [],
    },
    bearer,
  );
}

/** A workspace with a second member, a group, and somebody who has not come yet. */
async function fillTeam(browser, { email, password }) {
  const context = await browser.newContext({ baseURL: base });
  await context.request.post("/api/v1/auth/login", { data: { email, password } });
  const refresh = async (workspace) => {
    const answer = await context.request.post("/api/v1/auth/refresh", { data: { workspace } });
    return answer.json();
  };
  const { access_token: personal, workspace } = await refresh(undefined);
  const { id } = await call("POST", "/workspaces", { name: "Analytical Engines" }, personal);
  const { access_token: bearer } = await refresh(id);
  const { path } = await call("POST", "/invitations", { role: "member", max_uses: 5 }, bearer);
  await call(
    "POST",
    "/invitations",
    { email: "grace@example.com", role: "admin", locale: "en" },
    bearer,
  );
  const second = { email: "alan@example.com", password, name: "Alan Turing" };
  const theirs = await prepare(second);
  await call("POST", "/invitations/accept", { token: path.replace("/invite/", "") }, theirs);
  for (const name of ["Research", "Support"]) {
    const group = await call("POST", "/groups", { name }, bearer);
    const members = await call("GET", "/members", undefined, bearer);
    for (const member of members.data.slice(0, name === "Research" ? 2 : 1))
      await call("PUT", `/groups/${group.id}/members/${member.user_id}`, undefined, bearer);
  }
  const schema = {
    type: "object",
    properties: {
      Department: { enum: ["Engineering", "Mathematics"] },
      Office: { type: "string" },
      Floor: { type: "integer" },
    },
    required: ["Department"],
  };
  await call("PUT", "/workspace/profile-schema", { schema }, bearer);
  await call(
    "POST",
    "/roles",
    {
      name: "Support lead",
      base: "member",
      permissions: ["usage.read_all", "groups.manage"],
    },
    bearer,
  );
  const attributes = { Department: "Engineering", Office: "Marylebone", Floor: 2 };
  await call("PUT", "/profile", { attributes }, bearer);
  const shared = await fillShared(browser, { bearer, workspace: id, second });
  await context.close();
  return { id, path, home: workspace.id, ...shared };
}

/** A conversation that two people write in, and one that is shared with the first to read. */
async function fillShared(browser, { bearer, workspace, second }) {
  const context = await browser.newContext({ baseURL: base });
  await context.request.post("/api/v1/auth/login", {
    data: { email: second.email, password: second.password },
  });
  const answer = await context.request.post("/api/v1/auth/refresh", { data: { workspace } });
  const { access_token: theirs } = await answer.json();
  await context.close();
  const { data: groups } = await call("GET", "/groups", undefined, bearer);
  const { user } = await call("GET", "/me", undefined, theirs);
  const { user: first } = await call("GET", "/me", undefined, bearer);
  const begin = (title, token) => call("POST", "/conversations", { title }, token);
  const share = (id, subject, access, token) =>
    call("PUT", `/conversations/${id}/shares/${subject}`, { access }, token);
  const { id: written } = await begin("Plan of the engine", bearer);
  await share(written, user.id, "edit", bearer);
  await share(written, groups[0].id, "view", bearer);
  await ask(bearer, written, "/table Which parts does it have?");
  await ask(theirs, written, "/echo The mill has 50 columns; the store has 1,000.");
  const { id: read } = await begin("On computable numbers", theirs);
  await ask(theirs, read, "/echo A machine can do whatever can be described.");
  await share(read, first.id, "view", theirs);
  return { written, read };
}

/** Last, since it stops everything: a chat at its cap. */
async function takeLimit(browser, { token: bearer, person, conversation, team }) {
  await call(
    "POST",
    "/budgets",
    {
      name: "Pocket money",
      subject: { kind: "workspace" },
      period: "day",
      limit_usd: "0.0001",
      hard: true,
    },
    bearer,
  );
  for (const [width, height, theme] of [
    [1440, 900, "light"],
    [375, 812, "dark"],
  ]) {
    const context = await browser.newContext({
      baseURL: base,
      viewport: { width, height },
      colorScheme: theme,
      locale: "en-GB",
      reducedMotion: "reduce",
      ...(width === 375 ? { isMobile: true, hasTouch: true } : {}),
    });
    await context.request.post("/api/v1/auth/login", {
      data: { email: person.email, password: person.password },
    });
    await settle(context, team.home);
    const page = await context.newPage();
    await page.goto(`/c/${conversation}`);
    const box = page.getByRole("textbox", { name: "Message", exact: true });
    await box.fill("And how is it tested?");
    await page.getByRole("button", { name: "Send", exact: false }).first().click();
    await page.getByText("A spend cap has been reached").waitFor();
    await page.waitForTimeout(350);
    await page.screenshot({
      path: join(out, `limit-${width}-${theme}.jpg`),
      type: "jpeg",
      quality: 78,
      caret: "hide",
    });
    await context.close();
  }
}

/** All workspaces and users, as an administrator of the platform sees them; and a suspended one. */
async function takeAdministration(browser, { person, team }) {
  execFileSync(binary, ["user", "promote", "--email", person.email], {
    cwd: data,
    env: { PATH: process.env.PATH, HOME: data, PARLANCE_DATA_DIR: data },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const login = { email: person.email, password: person.password };
  const { access_token: bearer } = await call("POST", "/auth/login", login);
  for (const [name, email] of [
    ["Copenhagen Office", person.email],
    ["Support Desk", "alan@example.com"],
    ["Old Experiments", "alan@example.com"],
  ]) {
    const body = { name, owner_email: email };
    const { id } = await call("POST", "/platform/workspaces", body, bearer);
    const reason = { reason: "The last two invoices are unpaid." };
    if (name === "Support Desk")
      await call("POST", `/platform/workspaces/${id}/suspend`, reason, bearer);
    if (name === "Old Experiments")
      await call("DELETE", `/platform/workspaces/${id}`, undefined, bearer);
  }
  const alan = await call("GET", "/platform/users?q=alan@", undefined, bearer);
  for (const [width, height] of [
    [1440, 900],
    [375, 812],
  ]) {
    for (const theme of ["light", "dark"]) {
      const context = await browser.newContext({
        baseURL: base,
        viewport: { width, height },
        colorScheme: theme,
        locale: "en-GB",
        reducedMotion: "reduce",
        ...(width === 375 ? { isMobile: true, hasTouch: true } : {}),
      });
      await context.request.post("/api/v1/auth/login", { data: login });
      await settle(context, team.home);
      const page = await context.newPage();
      const shot = async (name) => {
        // Not by its role: a dialog hides the page behind it.
        await page.locator("h1").first().waitFor();
        await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
        await page.waitForTimeout(350);
        await page.screenshot({
          path: join(out, `${name}-${width}-${theme}.jpg`),
          type: "jpeg",
          quality: 78,
          caret: "hide",
        });
      };
      await page.goto("/admin/workspaces");
      await shot("admin-workspaces");
      await page.getByRole("link", { name: "Support Desk" }).click();
      await page.getByText("The last two invoices").waitFor();
      await shot("admin-workspace");
      await page.goto("/admin/users");
      await shot("admin-users");
      await page.goto("/admin/audit");
      await shot("admin-audit");
      await page.goto(`/admin/users/${alan.data[0].id}`);
      await shot("admin-user");
      await page.getByRole("button", { name: "Act as them…" }).click();
      await page.getByLabel("Reason").fill("Ticket 4711: conversations are missing");
      await shot("admin-impersonate");
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByRole("region", { name: "Acting as somebody else" }).waitFor();
      await page.waitForTimeout(600);
      await page.screenshot({
        path: join(out, `impersonation-${width}-${theme}.jpg`),
        type: "jpeg",
        quality: 78,
        caret: "hide",
      });
      await context.close();
    }
  }
}

/** In which workspace the tabs are; and the line that asks to prove the address was closed. */
async function settle(context, workspace) {
  await context.addInitScript((id) => {
    if (!sessionStorage.getItem("parlance.workspace"))
      sessionStorage.setItem("parlance.workspace", id);
    sessionStorage.setItem("parlance.proof-later", "1");
  }, workspace);
}

async function take(browser, { theme, width, person, conversation, team }) {
  const height = width === 375 ? 812 : width === 768 ? 1024 : 900;
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width, height },
    colorScheme: theme,
    locale: "en-GB",
    reducedMotion: "reduce",
    ...(width === 375 ? { isMobile: true, hasTouch: true } : {}),
  });
  await settle(context, team.home);
  const page = await context.newPage();
  const shot = async (name) => {
    await page
      .locator("main .animate-breathe")
      .first()
      .waitFor({ state: "detached" })
      .catch(() => undefined);
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(350);
    await page.screenshot({
      path: join(out, `${name}-${width}-${theme}.jpg`),
      type: "jpeg",
      quality: 78,
      caret: "hide",
    });
  };
  const main = width === 1440;
  await page.goto("/login");
  await page.getByRole("heading").first().waitFor();
  if (width !== 768) await shot("login");
  if (main) {
    await page.goto("/signup");
    await page.getByRole("heading").first().waitFor();
    await shot("sign-up");
    await page.goto("/no-such-page");
    await page.getByText("Page not found").or(page.getByRole("heading")).first().waitFor();
    if (theme === "light") await shot("not-found");
  }
  if (width !== 768) {
    for (const name of ["forgot-password", "reset-password"]) {
      await page.goto(`/${name}`);
      await page.getByRole("heading").first().waitFor();
      await shot(name);
    }
    await page.goto(team.path);
    await page.getByText("Analytical Engines").first().waitFor();
    await shot("invitation");
    await page.goto("/dev/mail");
    await page.getByRole("link").filter({ hasText: "grace@example.com" }).first().waitFor();
    await shot("dev-mail");
    await page.getByRole("link").filter({ hasText: "grace@example.com" }).first().click();
    await page.frameLocator("iframe").getByRole("link").first().waitFor();
    await shot("letter");
  }
  await context.request.post("/api/v1/auth/login", {
    data: { email: person.email, password: person.password },
  });

  const box = page.getByRole("textbox", { name: "Message", exact: true });
  await page.goto("/");
  await box.waitFor();
  await page.getByRole("button", { name: /^Model: / }).waitFor();
  await shot("new-chat");
  await page.goto(`/c/${conversation}`);
  await page.locator("article .hljs-keyword").first().waitFor();
  await shot("chat");
  // The one that README shows.
  if (main && theme === "light") await page.screenshot({ path: join(out, "chat.png") });
  if (width !== 768) {
    await page.getByRole("log").evaluate((element) => element.scrollTo(0, 0));
    await page.locator("article .katex").first().waitFor();
    await shot("chat-table-and-math");
    await page.getByRole("button", { name: /^Model: / }).click();
    await page.getByRole("option").nth(4).waitFor();
    await shot("models");
    await page.keyboard.press("Escape");
  }
  if (main) {
    await page.getByRole("button", { name: "Chat settings" }).click();
    await page.getByLabel("System prompt").waitFor();
    await shot("chat-settings");
    await page.keyboard.press("Escape");
    await page.keyboard.press("ControlOrMeta+K");
    await page.getByRole("dialog").getByRole("combobox").waitFor();
    await shot("palette");
    await page.keyboard.press("Escape");
    for (const name of [
      "profile",
      "appearance",
      "sessions",
      "security",
      "workspace",
      "usage",
      "budgets",
      "guardrails",
      "audit",
      "keys",
      "routing",
      "providers",
    ]) {
      await page.goto(`/settings/${name}`);
      await page.getByRole("heading").first().waitFor();
      if (theme === "light" || ["usage", "profile", "keys", "budgets"].includes(name))
        await shot(`settings-${name}`);
    }
    await page.goto("/settings/keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("Support bot");
    await shot("key-new");
    await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
    await page.getByRole("button", { name: "I have saved it" }).waitFor();
    await shot("key-secret");
    await page.goto("/settings/routing");
    await page.getByRole("button", { name: "Options for even" }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
    await page.getByRole("dialog").getByLabel("Description").waitFor();
    await shot("route");
    if (theme === "light") {
      await page.goto("/settings/usage");
      await page.getByRole("button", { name: "API key", exact: true }).click();
      await page.getByText("In the app").waitFor();
      await page.getByText("Details").scrollIntoViewIfNeeded();
      await shot("usage-by-key");
    }
  }
  if (width === 375) {
    await page.goto("/");
    await page.getByRole("button", { name: "Open sidebar" }).click();
    await page.getByRole("link", { name: "Bread recipe" }).waitFor();
    await shot("sidebar");
    for (const name of [
      "usage",
      "keys",
      "budgets",
      "guardrails",
      "audit",
      "routing",
      "providers",
    ]) {
      await page.goto(`/settings/${name}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await shot(`settings-${name}`);
    }
    if (theme === "light") {
      await page.goto("/settings/keys");
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("Notebook");
      await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
      await page.getByRole("button", { name: "I have saved it" }).waitFor();
      await shot("key-secret");
    }
  }
  if (width !== 768) {
    // A tab remembers where it is.
    await page.evaluate((id) => {
      sessionStorage.setItem("parlance.workspace", id);
      localStorage.setItem("parlance.workspace", id);
    }, team.id);
    await page.goto(`/c/${team.written}`);
    await page.getByText("Alan Turing").first().waitFor();
    await shot("shared-to-edit");
    await page.getByRole("button", { name: "Share, shared with others" }).click();
    await page.getByLabel("Access of Alan Turing").waitFor();
    await shot("share");
    await page.getByRole("combobox", { name: "Add people and groups" }).click();
    await page.getByRole("option", { name: "Support" }).waitFor();
    await shot("share-with");
    await page.goto(`/c/${team.read}`);
    await page.getByRole("button", { name: "Continue in a copy" }).waitFor();
    await shot("shared-to-read");
    await page.goto("/settings/sso");
    await page.getByLabel("Issuer").waitFor();
    await shot("team-sso");
    for (const name of ["workspace", "groups", "roles", "profiles"]) {
      await page.goto(`/settings/${name}`);
      await page
        .getByText({ groups: "Research", roles: "Support lead" }[name] ?? "Alan Turing")
        .first()
        .waitFor();
      await shot(`team-${name}`);
    }
  }
  await context.close();
}
