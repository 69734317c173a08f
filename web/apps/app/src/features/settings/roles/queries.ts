import { explainMember, listRoles } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { memberKeys } from "@/features/settings/workspace/queries";

export const roleKeys = { all: ["roles"] as const };

/** All of them, built-in ones included: the list is always whole. */
export const rolesQuery = () =>
  queryOptions({
    queryKey: roleKeys.all,
    queryFn: async ({ signal }) => (await listRoles({ signal })).data,
  });

/** What a member may do, and why. */
export const explanationQuery = (userId: string) =>
  queryOptions({
    queryKey: [...memberKeys.all, userId, "permissions"],
    queryFn: ({ signal }) => explainMember({ path: { user_id: userId }, signal }),
  });
