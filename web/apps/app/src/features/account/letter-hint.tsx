/** Where to look for a letter. On a developer's machine: the page that shows it. */
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { instanceQuery } from "@/features/auth/instance";

export function LetterHint() {
  const { data: instance } = useQuery(instanceQuery());
  return instance?.mail === "preview" ? (
    <p className="text-sm text-muted">
      <Trans>
        No mail server is set here.{" "}
        <a href="/dev/mail" className="rounded-sm font-medium text-accent underline">
          See the letters
        </a>
      </Trans>
    </p>
  ) : (
    <p className="text-sm text-muted">
      <Trans>Nothing there after a few minutes? Look among the unwanted mail.</Trans>
    </p>
  );
}
