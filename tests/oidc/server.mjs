// An OpenID provider that we did not write, with the pages for logging in that it brings along. Prints its issuer.
// Whoever logs in as NAME is NAME@example.com, in the group "staff".
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const redirect = process.argv[2];
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "parlance",
        client_secret: "a secret: /+%",
        redirect_uris: [redirect],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    pkce: { required: () => true },
    scopes: ["openid", "email", "profile", "groups"],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name"],
      groups: ["groups"],
    },
    // As by the standard: what a scope asks for is told by the user's page, unless there is no access token.
    conformIdTokenClaims: true,
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@example.com`,
        email_verified: true,
        name: `${sub} of the provider`,
        groups: ["staff"],
      }),
    }),
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["for a test"] },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
