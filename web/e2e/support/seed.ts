/**
 * Writes a long conversation straight into the database, which the API would take minutes for.
 * Only for a server with one conversation.
 */
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { onPostgres, psql, type Server } from "./server";

const CHUNK = 500;

/** Fills the one conversation with `count` messages, questions and answers by turns. */
export async function seedMessages(server: Server, count: number): Promise<void> {
  const statements: string[] = [];
  const now = Date.now() * 1000;
  for (let from = 0; from < count; from += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, count - from) }, (_, i) =>
      row(from + i, now - count + from + i),
    );
    statements.push(
      `INSERT INTO messages (id, workspace_id, conversation_id, user_id, parent_id, fork_id, role, parts, created_at)
       SELECT v.id, c.workspace_id, c.id, c.user_id, v.parent_id, COALESCE(v.parent_id, c.id), v.role, v.parts, v.created_at
       FROM conversations c CROSS JOIN (${rows.join(" UNION ALL ")}) v`,
    );
  }
  statements.push(`UPDATE conversations SET active_message_id = ${literal(count - 1)}`);
  const sql = `BEGIN;\n${statements.join(";\n")};\nCOMMIT;`;
  if (onPostgres) return psql(server.databaseUrl, sql);
  await server.stop();
  const file = join(server.data, "parlance.db");
  leaveWriteAheadLog(file);
  const { Database } = createRequire(import.meta.url)("node-sqlite3-wasm") as {
    Database: new (path: string) => { exec: (sql: string) => void; close: () => void };
  };
  const database = new Database(file);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
  await server.run();
}

/**
 * SQLite in WebAssembly has no shared memory and so no write-ahead log. A clean stop has folded the log
 * into the file; the two version bytes of its header (file format 1.3) say that it may be used without.
 * The server turns the log on again.
 */
function leaveWriteAheadLog(file: string): void {
  if (existsSync(`${file}-wal`)) throw new Error("The server did not close its database.");
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.from([1, 1]), 0, 2, 18);
  closeSync(handle);
}

/** Version 7 ids in the order of the messages. */
function literal(index: number): string {
  const hex = `0190000000007000a000${(index + 1).toString(16).padStart(12, "0")}`;
  if (!onPostgres) return `X'${hex}'`;
  return `'${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")}'::uuid`;
}

function row(index: number, createdAt: number): string {
  const question = index % 2 === 0;
  const turn = Math.floor(index / 2) + 1;
  const text = question
    ? `Question ${turn}`
    : `Answer ${turn}. ${"Some words that fill a line or more. ".repeat(1 + (turn % 9))}`;
  const parent = index === 0 ? (onPostgres ? "NULL::uuid" : "NULL") : literal(index - 1);
  const parts = JSON.stringify([{ type: "text", text }]);
  return `SELECT ${literal(index)} AS id, ${parent} AS parent_id, '${question ? "user" : "assistant"}' AS role, '${parts}' AS parts, ${createdAt} AS created_at`;
}
