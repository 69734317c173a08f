import { expect, test } from "vitest";
import { inGroups, qrOf } from "./qr.logic";

const URI =
  "otpauth://totp/Parlance:ann%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Parlance";

test("a code has its three corners and a quiet zone", () => {
  const { size, path } = qrOf(URI);
  // Versions have 17 + 4 v modules.
  expect((size - 8 - 17) % 4).toBe(0);
  const far = size - 4 - 7;
  for (const corner of ["M4 4h7", `M${far} 4h7`, `M4 ${far}h7`]) expect(path).toContain(corner);
  expect(path).not.toMatch(/M[0-3] /);
});

test("a secret is shown in groups of four", () => {
  expect(inGroups("JBSWY3DPEH")).toBe("JBSW Y3DP EH");
  expect(inGroups("JBSW")).toBe("JBSW");
});
