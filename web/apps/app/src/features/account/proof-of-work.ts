/** Solves the server's challenges while strangers come in floods: ALTCHA's proof of work, in workers. */
import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import { toast } from "@parlance/ui";
import { solveChallengeWorkers } from "altcha-lib";
import type { Challenge } from "altcha-lib/types";

const TOAST = "proof-of-work";

/** The request with the solution in its body; null: none was found in time. */
export async function work(challenge: unknown, request: Request): Promise<Request | null> {
  const asked = challenge as Challenge;
  toast(i18n._(msg`One moment …`), {
    id: TOAST,
    description: i18n._(
      msg`Very many requests are coming in, so your browser does a few seconds of work first.`,
    ),
    duration: Number.POSITIVE_INFINITY,
  });
  try {
    const solution = await solveChallengeWorkers({
      challenge: asked,
      // The page stays quick, and a phone cool.
      concurrency: Math.min(4, Math.max(1, navigator.hardwareConcurrency - 1)),
      createWorker: () =>
        new Worker(new URL("./proof-of-work.worker.ts", import.meta.url), { type: "module" }),
      timeout: 120_000,
    });
    if (!solution) return null;
    const proof = btoa(JSON.stringify({ challenge: asked, solution }));
    const body = { ...((await request.clone().json()) as object), proof_of_work: proof };
    const { url, headers, credentials, signal } = request;
    return new Request(url, {
      method: "POST",
      headers,
      credentials,
      signal,
      body: JSON.stringify(body),
    });
  } finally {
    toast.dismiss(TOAST);
  }
}
