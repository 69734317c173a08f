import { Trans } from "@lingui/react/macro";

/** In the place of what somebody wrote whose account was erased. */
export function Erased() {
  return (
    <p className="px-1 text-sm text-subtle italic">
      <Trans>This message was erased.</Trans>
    </p>
  );
}
