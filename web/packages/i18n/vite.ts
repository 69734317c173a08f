/**
 * Vite's half of Lingui: macros are expanded by Babel in the few files that use them (everything else
 * stays with the native transformer), and `.po` catalogues are compiled on import.
 */
import { fileURLToPath } from "node:url";
import { transformAsync } from "@babel/core";
import { getConfig } from "@lingui/conf";
import { lingui } from "@lingui/vite-plugin";
import type { PluginOption } from "vite";

export function i18n(): PluginOption {
  const configPath = fileURLToPath(new URL("./lingui.config.ts", import.meta.url));
  const linguiConfig = getConfig({ configPath });
  return [
    {
      name: "parlance-lingui-macro",
      enforce: "pre",
      async transform(code, id) {
        const file = id.split("?")[0] ?? id;
        if (!/\.tsx?$/.test(file) || !/@lingui\/(react|core)\/macro/.test(code)) return null;
        const result = await transformAsync(code, {
          filename: file,
          babelrc: false,
          configFile: false,
          sourceMaps: true,
          parserOpts: { plugins: ["typescript", "jsx"] },
          plugins: [["@lingui/babel-plugin-lingui-macro", { linguiConfig }]],
        });
        return result?.code ? { code: result.code, map: result.map as never } : null;
      },
    },
    lingui({ configPath, failOnCompileError: true }),
  ];
}
