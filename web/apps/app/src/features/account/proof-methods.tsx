/** What the ways of proving who one is share: one of them at a time, the others below it. */
import { Trans } from "@lingui/react/macro";
import { isApiError, type ProofBody } from "@parlance/api";
import { Button } from "@parlance/ui";
import { Fingerprint } from "lucide-react";
import { useState, type ReactNode } from "react";
import { askForPasskey, notePasskey, passkeyProblem, supportsPasskeys } from "./passkeys";

/** Those of the server's methods that this browser can do. */
export const usableOf = <M extends string>(methods: readonly M[]): M[] =>
  methods.filter((method) => method !== "passkey" || supportsPasskeys());

export function PasskeyProof({
  prove,
  onProblem,
  onFailure,
}: {
  prove: (proof: ProofBody) => Promise<void>;
  /** What the browser says; null: nothing any more. */
  onProblem: (problem: string | null) => void;
  /** What the server says. */
  onFailure: (error: unknown) => void;
}) {
  const [asking, setAsking] = useState(false);
  const ask = async () => {
    setAsking(true);
    onProblem(null);
    try {
      const answer = await askForPasskey();
      await prove({ method: "passkey", ...answer });
      notePasskey();
    } catch (error) {
      if (isApiError(error)) onFailure(error);
      else onProblem(passkeyProblem(error));
    } finally {
      setAsking(false);
    }
  };
  return (
    <Button
      variant="primary"
      size="lg"
      autoFocus
      pending={asking}
      className="w-full"
      onClick={() => void ask()}
    >
      <Fingerprint size={18} aria-hidden />
      <Trans>Use your passkey</Trans>
    </Button>
  );
}

export function OtherMethods<M extends string>({
  methods,
  names,
  onChoose,
  children,
}: {
  methods: readonly M[];
  names: Record<M, string>;
  onChoose: (method: M) => void;
  /** More ways out, as items of the list. */
  children?: ReactNode;
}) {
  if (methods.length === 0 && !children) return null;
  return (
    <ul className="space-y-1 border-t border-line pt-3">
      {methods.map((method) => (
        <li key={method}>
          <Button
            variant="ghost"
            className="w-full justify-start!"
            onClick={() => onChoose(method)}
          >
            {names[method]}
          </Button>
        </li>
      ))}
      {children}
    </ul>
  );
}
