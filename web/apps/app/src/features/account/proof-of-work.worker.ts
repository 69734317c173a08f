/** Derives keys until one fits: with the browser's own PBKDF2 where it has one, else with a library's, slower. */
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { handler } from "altcha-lib/workers/shared";
import { deriveWithout } from "./proof-of-work.logic";

handler({ deriveKey: globalThis.isSecureContext ? deriveKey : deriveWithout });
