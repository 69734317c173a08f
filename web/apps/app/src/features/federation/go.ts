import { beginFederated, connectIdentity, hintAtSession } from "@parlance/api";

/** Leaves for a provider. What waits for it waits until the browser has gone. */
export async function leave(url: string): Promise<void> {
  hintAtSession();
  window.location.assign(url);
  await new Promise(() => {});
}

/** Signs in with a provider; the browser comes back to `next`. */
export async function goTo(provider: string, next: string): Promise<void> {
  const { authorization_url } = await beginFederated({ path: { provider }, body: { next } });
  await leave(authorization_url);
}

/** Adds an account at a provider to one's own. */
export async function connectTo(provider: string, next: string): Promise<void> {
  const { authorization_url } = await connectIdentity({ body: { provider, next } });
  await leave(authorization_url);
}
