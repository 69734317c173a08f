/**
 * Fails when a message in the source is not in the catalogues, a catalogue holds one that the source no
 * longer has, or a translation is missing. Reads only; `npm run i18n:extract` mends the first two.
 */
import { fileURLToPath } from "node:url";
import { getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";

const configPath = fileURLToPath(new URL("../packages/i18n/lingui.config.ts", import.meta.url));
const config = getConfig({ configPath });
let problems = 0;
const report = (line) => {
  problems += 1;
  console.error(line);
};

for (const catalog of await getCatalogs(config)) {
  const source = await catalog.collect();
  if (!source) {
    report(`${catalog.path}: the source could not be read`);
    continue;
  }
  for (const locale of config.locales) {
    const kept = (await catalog.read(locale)) ?? {};
    const name = catalog.path.replace("{locale}", locale).split("/locales/").at(-1);
    for (const [id, { message }] of Object.entries(source)) {
      const entry = kept[id];
      if (!entry || entry.obsolete) report(`${name}: not extracted: ${JSON.stringify(message)}`);
      else if (locale !== config.sourceLocale && !entry.translation) {
        report(`${name}: not translated: ${JSON.stringify(message)}`);
      }
    }
    for (const [id, { message }] of Object.entries(kept)) {
      if (!source[id]) report(`${name}: no longer used: ${JSON.stringify(message)}`);
    }
  }
}

if (problems > 0) {
  console.error(`\n${problems} problems. Run \`npm run i18n:extract\`, then translate.`);
  process.exit(1);
}
console.log("All messages are extracted and translated.");
