import { getSso } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";

export const ssoQuery = () =>
  queryOptions({ queryKey: ["sso"], queryFn: ({ signal }) => getSso({ signal }) });
