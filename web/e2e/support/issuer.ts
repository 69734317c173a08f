/** An OpenID provider for a browser to visit: it asks who one is, and vouches for it. */
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer, type Server } from "node:http";

const base64 = (value: string | Buffer) => Buffer.from(value).toString("base64url");

interface Grant {
  challenge: string;
  nonce: string;
  clientId: string;
  email: string;
}

export class Issuer {
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #grants = new Map<string, Grant>();
  readonly #server: Server;
  url = "";

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", this.url);
      const json = (body: unknown, status = 200) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      };
      if (url.pathname === "/.well-known/openid-configuration")
        return json({
          issuer: this.url,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/keys`,
          authorization_response_iss_parameter_supported: true,
        });
      if (url.pathname === "/keys")
        return json({
          keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "1", use: "sig" }],
        });
      if (url.pathname === "/authorize") return this.#ask(url, response);
      if (url.pathname !== "/token") return json({}, 404);
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const form = new URLSearchParams(body);
        const grant = this.#grants.get(form.get("code") ?? "");
        this.#grants.delete(form.get("code") ?? "");
        const verifier = form.get("code_verifier") ?? "";
        const fits = grant?.challenge === createHash("sha256").update(verifier).digest("base64url");
        if (!grant || !fits) return json({ error: "invalid_grant" }, 400);
        json({ access_token: "at", token_type: "Bearer", id_token: this.#token(grant) });
      });
    });
  }

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    await new Promise<void>((done) => issuer.#server.listen(0, "127.0.0.1", done));
    const address = issuer.#server.address();
    issuer.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    return issuer;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A form for an address; *Cancel* gives no code. */
  #ask(url: URL, response: import("node:http").ServerResponse): void {
    const get = (name: string) => url.searchParams.get(name) ?? "";
    const back = new URL(get("redirect_uri"));
    back.searchParams.set("state", get("state"));
    back.searchParams.set("iss", this.url);
    const email = url.searchParams.get("email");
    const cancel = new URL(back);
    cancel.searchParams.set("error", "access_denied");
    if (email === null) {
      const hidden = [...url.searchParams].map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
      );
      response.writeHead(200, { "content-type": "text/html" });
      response.end(
        `<!doctype html><title>Issuer</title><form action="/authorize">${hidden.join("")}
         <label>Address <input name="email"></label><button>Continue</button></form>
         <a href="${cancel.href.replaceAll("&", "&amp;")}">Cancel</a>`,
      );
      return;
    }
    const code = randomBytes(16).toString("hex");
    this.#grants.set(code, {
      challenge: get("code_challenge"),
      nonce: get("nonce"),
      clientId: get("client_id"),
      email,
    });
    back.searchParams.set("code", code);
    response.writeHead(302, { location: back.href });
    response.end();
  }

  #token({ nonce, clientId, email }: Grant): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.url,
      aud: clientId,
      sub: createHash("sha256").update(email).digest("hex"),
      iat: now,
      exp: now + 300,
      nonce,
      email,
      email_verified: true,
      name: email.split("@")[0],
    };
    const text = `${base64('{"alg":"RS256","kid":"1"}')}.${base64(JSON.stringify(claims))}`;
    return `${text}.${sign("sha256", Buffer.from(text), this.#keys.privateKey).toString("base64url")}`;
  }
}
