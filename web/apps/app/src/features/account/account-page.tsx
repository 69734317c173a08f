/** The pages that letters lead to, and those that lead to a letter. For anybody, signed in or not. */
import { lazy } from "react";
import { usePlace } from "@/lib/navigation";
import { CheckEmailPage } from "./check-email-page";
import { ForgotPage } from "./forgot-page";
import { ProofPage } from "./proof-page";
import { ResetPage } from "./reset-page";

const SecondStepPage = lazy(() => import("@/features/federation/second-step-page"));
const SsoPage = lazy(() => import("@/features/federation/sso-page"));
const ProblemPage = lazy(() => import("@/features/federation/problem-page"));

export default function AccountPage() {
  const place = usePlace();
  if (place.page !== "account") return null;
  switch (place.step) {
    case "check-email":
      return <CheckEmailPage />;
    case "forgot-password":
      return <ForgotPage />;
    case "reset-password":
      return <ResetPage />;
    case "second-step":
      return <SecondStepPage />;
    case "single-sign-on":
      return <SsoPage />;
    case "sign-in-problem":
      return <ProblemPage />;
    case "verify-email":
    case "change-email":
      return <ProofPage step={place.step} />;
  }
}
