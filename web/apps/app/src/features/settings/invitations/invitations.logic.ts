/** What an invitation's link looks like, and whether it leads somewhere still. Pure. */
import type { Invitation } from "@parlance/api";

/** The whole address to hand over. */
export const linkOf = (path: string, origin: string): string => new URL(path, origin).href;

export const hasRunOut = ({ expires_at }: Pick<Invitation, "expires_at">, now: number): boolean =>
  Date.parse(expires_at) <= now;

/** Whether an invitation to an address is for the person with this one. */
export const isFor = (invited: string | null, email: string): boolean =>
  invited === null || invited.trim().toLowerCase() === email.trim().toLowerCase();
