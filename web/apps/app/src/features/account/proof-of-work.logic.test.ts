import { createChallenge, solveChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { expect, test } from "vitest";
import { deriveWithout } from "./proof-of-work.logic";

test("without the browser's own PBKDF2 the same solution is found", async () => {
  const hmacSignatureSecret = "a secret of the test";
  const challenge = await createChallenge({
    algorithm: "PBKDF2/SHA-256",
    cost: 10,
    deriveKey,
    hmacSignatureSecret,
  });
  const [ours, browsers] = await Promise.all(
    [deriveWithout, deriveKey].map((derive) => solveChallenge({ challenge, deriveKey: derive })),
  );
  expect(ours?.derivedKey).toBe(browsers?.derivedKey);
  expect(ours?.counter).toBe(browsers?.counter);
  if (!ours) throw new Error("nothing was found");
  const verdict = await verifySolution({
    challenge,
    solution: ours,
    deriveKey,
    hmacSignatureSecret,
  });
  expect(verdict.verified).toBe(true);
});
