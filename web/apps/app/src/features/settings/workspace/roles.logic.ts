/**
 * Which roles somebody may give. The server decides; this keeps the page from offering what would be
 * refused: a role above one's own, or a change to somebody above oneself.
 */
import type { Role } from "@parlance/api";

/** From the least to the most. */
export const ROLES: readonly Role[] = ["guest", "member", "admin", "owner"];

export function assignableRoles(mine: Role): Role[] {
  return ROLES.slice(0, ROLES.indexOf(mine) + 1).toReversed();
}

export function outranks(mine: Role, theirs: Role): boolean {
  return ROLES.indexOf(mine) >= ROLES.indexOf(theirs);
}
