// Runs the commands of the documentation against a real server, so that they stay true.
//
//   node scripts/run-docs.mjs target/debug/parlance
//
// A fenced `sh` block right after the line `<!-- test -->` is run. The blocks of one page
// share a shell, in order, so that a later one may use what an earlier one set. A page gets
// a fresh server with the demo provider on a free port; `http://localhost:4000` in a block
// means that server, and `parlance` means the given binary with the server's data folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, mkdir, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ADDRESS = "http://localhost:4000";
const MARK = "<!-- test -->";
const READY_WITHIN_MS = 30_000;
const PAGE_WITHIN_MS = 60_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const binary = resolve(process.argv[2] ?? "target/debug/parlance");

/** README.md, CONTRIBUTING.md and everything under docs/. */
async function pages() {
  const entries = await readdir(join(root, "docs"), { recursive: true });
  const docs = entries.filter((name) => name.endsWith(".md")).map((name) => join("docs", name));
  return ["README.md", "CONTRIBUTING.md", ...docs.sort()];
}

/** The marked blocks of a page: `{line, text}`. */
function blocks(page) {
  const found = [];
  const lines = page.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    if (lines[index].trim() !== MARK) continue;
    if (lines[index + 1] !== "```sh") throw new Error(`line ${index + 2}: expected \`\`\`sh after ${MARK}`);
    const end = lines.indexOf("```", index + 2);
    found.push({ line: index + 3, text: lines.slice(index + 2, end).join("\n") });
    index = end;
  }
  return found;
}

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Only what a shell needs, so that nobody's keys take part. */
function environment(extra) {
  const { PATH, HOME, LANG, TERM } = process.env;
  return { PATH, HOME, LANG, TERM, ...extra };
}

async function startServer(folder, port) {
  const env = environment({ PORT: String(port), PARLANCE_SERVER__HOST: "127.0.0.1", PARLANCE_DATA_DIR: join(folder, "data") });
  const server = spawn(binary, ["serve"], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  server.stdout.on("data", (chunk) => (log += chunk));
  server.stderr.on("data", (chunk) => (log += chunk));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && server.exitCode === null) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (ready?.ok) return { server, env };
    await new Promise((wake) => setTimeout(wake, 50));
  }
  server.kill();
  throw new Error(`the server did not get ready:\n${log}`);
}

/** Runs the blocks in one shell; says which block it was in when it failed. */
async function runBlocks(page, found, folder, port, env) {
  const script = found
    .map(({ line, text }) => `echo "@@ ${page}:${line}"\n${text.replaceAll(ADDRESS, `http://127.0.0.1:${port}`)}`)
    .join("\n");
  const shell = spawn("bash", ["-euo", "pipefail", "-c", script], {
    cwd: folder,
    env: { ...env, PATH: `${join(folder, "bin")}:${env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PAGE_WITHIN_MS,
  });
  let output = "";
  shell.stdout.on("data", (chunk) => (output += chunk));
  shell.stderr.on("data", (chunk) => (output += chunk));
  const [code] = await once(shell, "close");
  return { ok: code === 0, reached: output.split("@@ ").length - 1, output };
}

async function runPage(page, found) {
  const folder = await mkdtemp(join(tmpdir(), "parlance-docs-"));
  let server;
  try {
    await mkdir(join(folder, "bin"));
    await symlink(binary, join(folder, "bin", "parlance"));
    const port = await freePort();
    const started = await startServer(folder, port);
    server = started.server;
    const result = await runBlocks(page, found, folder, port, started.env);
    console.log(`${result.ok ? "ok  " : "FAIL"} ${page}: ${found.length} blocks`);
    if (!result.ok) console.log(result.output);
    return { passed: result.ok ? found.length : result.reached - 1, failed: result.ok ? 0 : 1 };
  } catch (error) {
    console.log(`FAIL ${page}: ${error.message}`);
    return { passed: 0, failed: 1 };
  } finally {
    if (server && server.exitCode === null) {
      server.kill();
      await once(server, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  }
}

let passed = 0;
let failed = 0;
for (const page of await pages()) {
  const found = blocks(await readFile(join(root, page), "utf8"));
  if (found.length === 0) continue;
  const result = await runPage(relative(root, join(root, page)), found);
  passed += result.passed;
  failed += result.failed;
}
if (passed + failed === 0) {
  console.log("no page has a block to run");
  failed = 1;
}
console.log(`documentation: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
