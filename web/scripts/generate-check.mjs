/** Fails when the committed API client is not what `openapi.json` generates. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const committed = join(web, "packages/api/src/generated");
const fresh = mkdtempSync(join(tmpdir(), "parlance-client-"));

const files = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();

try {
  execFileSync("npx", ["openapi-ts", "--file", "packages/api/openapi-ts.config.ts"], {
    cwd: web,
    env: { ...process.env, PARLANCE_CLIENT_OUTPUT: fresh },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const names = new Set([...files(committed), ...files(fresh)]);
  const read = (folder, name) => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return null;
    }
  };
  const stale = [...names].filter((name) => read(committed, name) !== read(fresh, name));
  if (stale.length > 0) {
    console.error(`The API client is stale: ${stale.join(", ")}. Run \`npm run generate\`.`);
    process.exitCode = 1;
  } else {
    console.log("The API client matches openapi.json.");
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
