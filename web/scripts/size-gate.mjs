/**
 * Holds the first route to its budget: brotli bytes of all JavaScript that a fresh visit loads, i.e. the
 * static imports of the entry and of the lazy modules the route needs at once. Run after a build.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const BUDGET = 115_000;
const dist = fileURLToPath(new URL("../apps/app/dist", import.meta.url));
const words = (area) => `../../packages/i18n/src/locales/en/${area}.po`;
/** Sources of lazy modules, or names of the build's chunk groups. */
const ROUTES = {
  "/": ["index.html", "start", words("app"), words("chat")],
  "/login": ["index.html", words("app"), "src/features/auth/login-page.tsx"],
  "/signup": ["index.html", words("app"), "src/features/auth/signup-page.tsx"],
};

if (!existsSync(join(dist, ".vite/manifest.json"))) {
  console.error("No build. Run `npm run build` first.");
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

function closure(keys) {
  const files = new Set(["theme.js"]);
  const seen = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key] ?? Object.values(manifest).find(({ name }) => name === key);
    if (!chunk) throw new Error(`${key} is not in the build; mend the list in size-gate.mjs.`);
    if (chunk.file.endsWith(".js")) files.add(chunk.file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const key of keys) visit(key);
  return [...files];
}

const sizes = new Map();
function size(file) {
  if (!sizes.has(file)) {
    const bytes = readFileSync(join(dist, file));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    sizes.set(file, brotliCompressSync(bytes, { params }).length);
  }
  return sizes.get(file);
}

let over = false;
for (const [route, keys] of Object.entries(ROUTES)) {
  const files = closure(keys).toSorted((a, b) => size(b) - size(a));
  const total = files.reduce((sum, file) => sum + size(file), 0);
  over ||= total > BUDGET;
  const verdict = total > BUDGET ? "over" : "within";
  console.log(`${route}: ${total} of ${BUDGET} bytes of brotli JavaScript, ${verdict} budget`);
  if (process.argv.includes("--verbose") || total > BUDGET) {
    for (const file of files) console.log(`  ${String(size(file)).padStart(7)}  ${file}`);
  }
}
if (over) process.exit(1);
