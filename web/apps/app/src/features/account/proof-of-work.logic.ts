/** PBKDF2 for pages without TLS, where browsers keep their own to themselves. */
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { ChallengeParameters } from "altcha-lib/types";

export async function deriveWithout(
  { cost, keyLength }: ChallengeParameters,
  salt: Uint8Array,
  password: Uint8Array,
) {
  const options = { c: cost, dkLen: keyLength ?? 32 };
  return { parameters: {}, derivedKey: await pbkdf2Async(sha256, password, salt, options) };
}
