import { listInvitations, viewInvitation } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { everyPage } from "@/lib/every-page";

export const invitationKeys = {
  all: ["invitations"] as const,
  one: (token: string) => ["invitation", token] as const,
};

/** All that lead somewhere still, or can be sent again: a workspace has few. */
export const invitationsQuery = () =>
  queryOptions({
    queryKey: invitationKeys.all,
    queryFn: ({ signal }) =>
      everyPage((cursor) => listInvitations({ query: { limit: 100, cursor }, signal })),
  });

/** What a link leads to, for whoever has it. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: invitationKeys.one(token),
    queryFn: ({ signal }) => viewInvitation({ body: { token }, signal }),
    staleTime: 0,
  });
