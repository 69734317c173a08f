// Gives the key named `capped` a hard cap that no call fits in, as the settings page does.
//
//   node prepare.js URL EMAIL PASSWORD

const [url, email, password] = process.argv.slice(2);

async function call(path, token, body) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: body ? "POST" : "GET",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

const { access_token: token } = await call("/auth/login", null, { email, password });
const { data: keys } = await call("/keys", token);
const key = keys.find(({ name }) => name === "capped");
const cap = {
  name: "nothing",
  subject: { kind: "key", id: key.id },
  period: "total",
  limit_usd: "0.000000001",
  hard: true,
};
await call("/budgets", token, cap);
