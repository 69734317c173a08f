/**
 * The product API: generated functions and types, and the session and fetch layer under them.
 * Every function resolves to the response's data or rejects with `ApiError`.
 */
import { apiFetch } from "./fetch";
import { client } from "./generated/client.gen";

client.setConfig({ fetch: apiFetch });

export * from "./generated";
export type {
  NewConversation as CreateConversationRequest,
  PageConversation as ConversationPage,
  PageMember as MemberPage,
  PageMessage as MessagePage,
  PageModel as ModelPage,
  SelectBranch as SelectBranchRequest,
  StartRun as StartRunRequest,
  UpdateConversation as UpdateConversationRequest,
} from "./generated";
export { ApiError, isApiError } from "./error";
export { apiFetch, idempotencyKey, isSignedIn, setProver, type Prover } from "./fetch";
export {
  endSession,
  ensureSession,
  getSession,
  hasSessionHint,
  hintAtSession,
  patchSessionEnd,
  patchSessionUser,
  patchSessionWorkspace,
  preferWorkspace,
  startSession,
  subscribeSession,
  switchWorkspace,
  type SessionState,
  type SessionStatus,
} from "./session";
