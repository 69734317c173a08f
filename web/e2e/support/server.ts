/** Starts the real `parlance serve` on a free port, with nothing shared with any other. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BIN = resolve(
  process.env.PARLANCE_BIN ?? join(import.meta.dirname, "../../../target/debug/parlance"),
);
const POSTGRES =
  process.env.PARLANCE_TEST_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
export const onPostgres =
  process.env.PARLANCE_E2E_DATABASE === "postgres" ||
  Boolean(process.env.PARLANCE_E2E_DATABASE_URL);
const READY_WITHIN_MS = 30_000;

export class Server {
  readonly url: string;
  readonly data = mkdtempSync(join(tmpdir(), "parlance-e2e-"));
  readonly #port: number;
  readonly #database: string | null;
  readonly #settings: Record<string, string>;
  #process: ChildProcess | null = null;
  #log = "";

  private constructor(port: number, settings: Record<string, string>) {
    this.#port = port;
    this.#settings = settings;
    this.url = `http://localhost:${port}`;
    this.#database = onPostgres ? `parlance_e2e_${randomBytes(6).toString("hex")}` : null;
  }

  /** `settings` are variables such as `PARLANCE_MAIL__PREVIEW`. */
  static async start(settings: Record<string, string> = {}): Promise<Server> {
    if (!existsSync(BIN))
      throw new Error(`There is no binary at ${BIN}: build it, or set PARLANCE_BIN.`);
    const server = new Server(await freePort(), settings);
    // A test's own provider listens here; the rest of the machine stays closed to workspaces.
    writeFileSync(
      join(server.data, "parlance.toml"),
      '[providers]\nallowed_networks = ["127.0.0.1/32"]\n',
    );
    if (server.#database) psql(POSTGRES, `CREATE DATABASE ${server.#database}`);
    await server.run();
    return server;
  }

  /** The address of this server's PostgreSQL database. */
  get databaseUrl(): string {
    const base = process.env.PARLANCE_E2E_DATABASE_URL ?? POSTGRES;
    return base.replace(/\/[^/?]*(\?|$)/, `/${this.#database}$1`);
  }

  async run(): Promise<void> {
    // Nothing of the surroundings may turn a real provider on.
    const kept = ["PATH", "HOME", "TMPDIR", "LANG", "RUST_LOG", "LLVM_PROFILE_FILE"];
    const env = Object.fromEntries(
      kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    );
    const child = spawn(BIN, ["serve"], {
      cwd: this.data,
      env: {
        ...env,
        PORT: String(this.#port),
        PARLANCE_DATA_DIR: this.data,
        PARLANCE_LIMITS__AUTH_PER_IP: "100000",
        PARLANCE_LIMITS__STRANGERS: "100000",
        PARLANCE_LIMITS__REQUESTS_PER_IP: "1000000",
        PARLANCE_LIMITS__REQUESTS_PER_USER: "1000000",
        ...(this.#database ? { DATABASE_URL: this.databaseUrl } : {}),
        ...this.#settings,
      } as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    this.#log = "";
    const keep = (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-20_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      if (child.exitCode !== null)
        throw new Error(`The server ended with ${child.exitCode}:\n${this.#log}`);
      const ready = await fetch(`${this.url}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return;
      if (Date.now() > deadline) throw new Error(`The server is not ready:\n${this.#log}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** What it has written to its standard output and error. */
  get printed(): string {
    return this.#log;
  }

  /** `kill -9`, as a crash or a power cut would. */
  async crash(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async remove(): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
    if (this.#database) psql(POSTGRES, `DROP DATABASE IF EXISTS ${this.#database} WITH (FORCE)`);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }
}

export function psql(url: string, sql: string): void {
  execFileSync("psql", ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", url], {
    input: sql,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === "object" ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}
