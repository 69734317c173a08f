/** Proves what the server wants proved before it does what it is asked. */
import type { ApiError } from "@parlance/api";
import { needWords } from "@parlance/i18n";

/** Gives the request to send again, or null if there is no proof. */
export async function prove(error: ApiError, request: Request): Promise<Request | null> {
  const words = needWords("account");
  if (error.code === "proof_of_work_needed") {
    const [{ work }] = await Promise.all([import("./proof-of-work"), words]);
    return work(error.challenge, request);
  }
  const [{ ask }] = await Promise.all([import("./step-up"), words]);
  return (await ask(error.methods)) ? request : null;
}
