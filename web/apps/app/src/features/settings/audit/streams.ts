/** The two logs that can be sent elsewhere, and how each is asked. */
import {
  deleteAuditStream,
  deletePlatformAuditStream,
  getAuditStream,
  getPlatformAuditStream,
  pauseAuditStream,
  pausePlatformAuditStream,
  renewAuditStreamSecret,
  renewPlatformAuditStreamSecret,
  resumeAuditStream,
  resumePlatformAuditStream,
  setAuditStream,
  setPlatformAuditStream,
  testAuditStream,
  testPlatformAuditStream,
  type AuditStream,
  type AuditStreamSettings,
  type AuditStreamTest,
  type SetAuditStreamAnswer,
  type SetAuditStreamRequest,
} from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";

export interface StreamApi {
  key: readonly string[];
  get: (signal: AbortSignal) => Promise<AuditStreamSettings>;
  set: (body: SetAuditStreamRequest) => Promise<SetAuditStreamAnswer>;
  renewSecret: () => Promise<SetAuditStreamAnswer>;
  pause: () => Promise<AuditStream>;
  resume: () => Promise<AuditStream>;
  test: () => Promise<AuditStreamTest>;
  remove: () => Promise<unknown>;
}

export const workspaceStream: StreamApi = {
  key: ["audit", "stream"],
  get: (signal) => getAuditStream({ signal }),
  set: (body) => setAuditStream({ body }),
  renewSecret: () => renewAuditStreamSecret(),
  pause: () => pauseAuditStream(),
  resume: () => resumeAuditStream(),
  test: () => testAuditStream(),
  remove: () => deleteAuditStream(),
};

export const platformStream: StreamApi = {
  key: ["platform", "audit", "stream"],
  get: (signal) => getPlatformAuditStream({ signal }),
  set: (body) => setPlatformAuditStream({ body }),
  renewSecret: () => renewPlatformAuditStreamSecret(),
  pause: () => pausePlatformAuditStream(),
  resume: () => resumePlatformAuditStream(),
  test: () => testPlatformAuditStream(),
  remove: () => deletePlatformAuditStream(),
};

/** Seconds between two looks at how a stream does. */
const LOOK = 10;

export const streamQuery = (api: StreamApi) =>
  queryOptions({
    queryKey: api.key,
    queryFn: ({ signal }) => api.get(signal),
    staleTime: 0,
    refetchInterval: (query) => (query.state.data?.stream ? LOOK * 1000 : false),
  });
