import { useLingui } from "@lingui/react/macro";
import type { Role } from "@parlance/api";

/** What roles are called. */
export function useRoleNames(): Record<Role, string> {
  const { t } = useLingui();
  return { owner: t`Owner`, admin: t`Administrator`, member: t`Member`, guest: t`Guest` };
}
