import { getScim, getSso } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";

export const ssoQuery = () =>
  queryOptions({ queryKey: ["sso"], queryFn: ({ signal }) => getSso({ signal }) });

export const scimQuery = () =>
  queryOptions({ queryKey: ["sso", "scim"], queryFn: ({ signal }) => getScim({ signal }) });
