import { useLingui } from "@lingui/react/macro";
import type { SecondFactor as Method } from "@parlance/api";
import { useEffect, useState } from "react";
import SecondFactor from "@/features/account/second-factor";
import { safeNext } from "@/features/session/next.logic";
import { useSession } from "@/features/session/use-session";
import { navigate, navigateTo } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";

const METHODS: readonly Method[] = ["totp", "passkey", "recovery_code"];

/** After a provider has said who somebody is: their second factor here. What it needs stands after the `#`. */
export default function SecondStepPage() {
  const { t } = useLingui();
  useDocumentTitle(t`One more step`);
  const [given] = useState(() => new URLSearchParams(window.location.hash.slice(1)));
  const signedIn = useSession() !== null;
  const next = safeNext(given.get("next"));
  const challenge = given.get("challenge");
  useEffect(() => {
    // A secret that is used has no place in the address.
    if (signedIn || !challenge) navigateTo(signedIn ? next : "/login", { replace: true });
  }, [signedIn, challenge, next]);
  if (signedIn || !challenge) return null;
  const told = (given.get("methods") ?? "").split(",");
  const methods = METHODS.filter((method) => told.includes(method));
  return (
    <SecondFactor
      needed={{ challenge, methods, expires_in: 300 }}
      email=""
      onRestart={() => void navigate({ to: "/login" })}
    />
  );
}
