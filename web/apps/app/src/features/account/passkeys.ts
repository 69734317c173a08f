/** Passkeys in this browser. The library puts right what browsers do differently. */
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnError,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";
import { askPasskey, beginPasskey, type AddPasskeyRequest } from "@parlance/api";
import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";

/** What the API takes of a passkey. */
export interface PasskeyAnswer {
  ceremony: string;
  credential: Record<string, unknown>;
}

/** Remembers that this browser has had one, so that it is worth offering. */
const HINT = "parlance.passkey";

export function notePasskey(): void {
  try {
    localStorage.setItem(HINT, "1");
  } catch {
    // Storage is forbidden: it is offered by the button alone.
  }
}

export const supportsPasskeys = browserSupportsWebAuthn;

/** Whether the browser offers passkeys among the names that it fills in, and has had one. */
export async function offersPasskeys(): Promise<boolean> {
  try {
    return localStorage.getItem(HINT) !== null && (await browserSupportsWebAuthnAutofill());
  } catch {
    return false;
  }
}

/** Asks the browser for a passkey; `autofill` waits until one is chosen from what it fills in. */
export async function askForPasskey(autofill = false): Promise<PasskeyAnswer> {
  const { ceremony, options } = await askPasskey();
  const credential = await startAuthentication({
    optionsJSON: options as unknown as PublicKeyCredentialRequestOptionsJSON,
    useBrowserAutofill: autofill,
  });
  return { ceremony, credential: { ...credential } };
}

/** Makes a passkey on this device, or on one beside it. */
export async function makePasskey(): Promise<Omit<AddPasskeyRequest, "name">> {
  const { ceremony, options } = await beginPasskey();
  const credential = await startRegistration({
    optionsJSON: options as unknown as PublicKeyCredentialCreationOptionsJSON,
  });
  return { ceremony, credential: { ...credential } };
}

/** What to say when the browser gave none; null: the person has changed their mind. */
export function passkeyProblem(error: unknown): string | null {
  if (error instanceof WebAuthnError) {
    if (error.code === "ERROR_CEREMONY_ABORTED") return null;
    if (error.code === "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED")
      return i18n._(msg`This device has a passkey for your account already.`);
    if (error.code === "ERROR_INVALID_DOMAIN" || error.code === "ERROR_INVALID_RP_ID")
      return i18n._(msg`Passkeys work only at Parlance's own address. Open that one.`);
  }
  // Browsers don't say whether nobody answered, or somebody said no.
  if (error instanceof Error && error.name === "NotAllowedError")
    return i18n._(msg`The browser gave no passkey. Try again, or use another way.`);
  return i18n._(msg`That didn't work with a passkey. Try again, or use another way.`);
}
