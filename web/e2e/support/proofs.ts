/** What a person proves themselves with, and time that passes: nobody waits ten minutes for a test. */
import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import Database from "libsql";
import { onPostgres, psql, type Server } from "./server";

/** The code of an authenticator app (RFC 6238) for a secret in Base32; `later` steps ahead. */
export function totp(secret: string, later = 0): string {
  let bits = "";
  for (const character of secret.replaceAll(" ", "")) {
    const value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character);
    bits += value.toString(2).padStart(5, "0");
  }
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Every session's proof is an hour old from now on. */
export function ageProofs(server: Server): void {
  const sql = "UPDATE sessions SET proved_at = created_at - 3600000000";
  if (onPostgres) return psql(server.databaseUrl, sql);
  const database = new Database(join(server.data, "parlance.db"));
  try {
    database.pragma("busy_timeout = 5000");
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** A device that keeps passkeys and recognizes its person at once. */
export async function addAuthenticator(page: Page): Promise<void> {
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  await client.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
