/**
 * Writes a long conversation straight into the database, which the API would take minutes for.
 * Only for a server with one conversation.
 */
import { join } from "node:path";
import Database from "libsql";
import { onPostgres, psql, type Server } from "./server";

const CHUNK = 500;

/** Fills the one conversation with `count` messages, questions and answers by turns. */
export function seedMessages(server: Server, count: number): void {
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
  const database = new Database(join(server.data, "parlance.db"));
  try {
    database.pragma("busy_timeout = 5000");
    database.exec(sql);
  } finally {
    database.close();
  }
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
