/** The pages that letters lead to, and those that lead to a letter. For anybody, signed in or not. */
import { usePlace } from "@/lib/navigation";
import { CheckEmailPage } from "./check-email-page";
import { ForgotPage } from "./forgot-page";
import { ProofPage } from "./proof-page";
import { ResetPage } from "./reset-page";

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
    case "verify-email":
    case "change-email":
      return <ProofPage step={place.step} />;
  }
}
