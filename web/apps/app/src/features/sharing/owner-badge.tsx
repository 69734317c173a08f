import { Trans } from "@lingui/react/macro";
import { Badge } from "@parlance/ui";

/** Whose conversation it is, where it is somebody else's. */
export function OwnerBadge({ owner }: { owner: string }) {
  return (
    <Badge className="ms-auto max-w-[40%] shrink-0">
      <span className="truncate">
        <Trans>From {owner}</Trans>
      </span>
    </Badge>
  );
}
