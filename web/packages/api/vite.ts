/**
 * One module for each operation of the generated client, so that a page loads the calls it makes and the
 * start doesn't load those of every page. For builds; everything else reads the file as it stands.
 */
import { readFile } from "node:fs/promises";
import type { Plugin } from "vite";

const CLIENT = /\/generated\/sdk\.gen\.ts$/;
const OPERATION = /^(?<file>.*\/generated\/sdk\.gen\.ts)\?operation=(?<name>\w+)$/;

/** The text before the first operation, and each operation's own, with its comment, by name. */
function split(code: string): { head: string; operations: Map<string, string> } {
  const [head = "", ...rest] = code.split(/\n(?=\/\*\*(?:\n \*[^\n]*)*\nexport const )/);
  const named = rest.map((text) => [/^export const (\w+)/m.exec(text)?.[1] ?? "", text] as const);
  if (named.some(([name]) => !name)) throw new Error("The generated client has another form now.");
  return { head, operations: new Map(named) };
}

export function splitClient(): Plugin {
  const read = async (file: string) => split(await readFile(file, "utf8"));
  return {
    name: "parlance-split-client",
    apply: "build",
    enforce: "pre",
    resolveId: (id, importer) => (OPERATION.test(id) && importer ? id : null),
    async load(id) {
      if (CLIENT.test(id)) {
        const names = [...(await read(id)).operations.keys()];
        return names.map((name) => `export { ${name} } from "${id}?operation=${name}";`).join("\n");
      }
      const { file, name } = OPERATION.exec(id)?.groups ?? {};
      if (!file || !name) return null;
      const { head, operations } = await read(file);
      return { code: `${head}\n${operations.get(name) ?? ""}`, moduleType: "ts" };
    },
  };
}
