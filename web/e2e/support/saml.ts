/** SimpleSAMLphp, from Debian's packages, on PHP's own server: the provider of `scripts/saml-server-test.sh`. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./server";

const WWW = join(process.env.SIMPLESAMLPHP ?? "/usr/share/simplesamlphp", "www");
const CONFIGURATION = fileURLToPath(new URL("../../../tests/saml-idp", import.meta.url));

export class SamlProvider {
  readonly #home = mkdtempSync(join(tmpdir(), "parlance-saml-"));
  readonly #process: ChildProcess;
  readonly metadata: string;

  private constructor(port: number) {
    for (const folder of ["temp", "sessions"]) mkdirSync(join(this.#home, folder));
    const [key, certificate] = [join(this.#home, "key.pem"), join(this.#home, "cert.pem")];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate].concat(
        ["-days", "2", "-subj", "/CN=idp.example"],
      ),
      { stdio: "ignore" },
    );
    const base = `http://127.0.0.1:${port}`;
    this.metadata = `${base}/saml2/idp/metadata.php`;
    this.#process = spawn("php", ["-d", "display_errors=0", "-S", `127.0.0.1:${port}`, "-t", WWW], {
      env: {
        PATH: process.env.PATH,
        SAML_HOME: this.#home,
        SAML_BASE: base,
        SAML_SIGNS: "both",
        SIMPLESAMLPHP_CONFIG_DIR: CONFIGURATION,
      },
      stdio: "ignore",
    });
  }

  static async start(): Promise<SamlProvider> {
    const provider = new SamlProvider(await freePort());
    for (let tries = 0; tries < 100; tries += 1) {
      const answers = await fetch(provider.metadata).then(
        (response) => response.ok,
        () => false,
      );
      if (answers) return provider;
      await new Promise((done) => setTimeout(done, 100));
    }
    provider.stop();
    throw new Error("SimpleSAMLphp did not answer; .ci/run installs what it needs.");
  }

  /** Whom it signs people in to. */
  trust(service: { entity_id: string; acs_url: string }): void {
    writeFileSync(join(this.#home, "service.json"), JSON.stringify(service));
  }

  stop(): void {
    this.#process.kill();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
