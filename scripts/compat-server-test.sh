#!/usr/bin/env bash
# Runs the adapters against a server that we did not write: aimock (npm, MIT), which speaks
# OpenAI's two interfaces, Anthropic's and Gemini's. Needs Node and the npm registry.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=1.43.0
home=target/third-party
log=$home/server.log
if [ ! -x "$home/node_modules/.bin/llmock" ] || [ ! -f "$home/$VERSION" ]; then
  mkdir -p "$home"
  npm install --prefix "$home" --no-save --no-audit --no-fund --ignore-scripts "@copilotkit/aimock@$VERSION" >&2
  touch "$home/$VERSION"
fi

# Port 0 lets the system choose; the server says which in its log.
"$home/node_modules/.bin/llmock" --port 0 --strict --fixtures crates/providers/tests/third-party/fixtures.json \
  >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$log" | head -1 || true)
  [ -n "$url" ] && break
  sleep 0.1
done
[ -n "${url:-}" ] || { echo "the server did not start:" >&2; cat "$log" >&2; exit 1; }

# The whole workspace is named so that nothing is compiled again with other features.
PARLANCE_TEST_SERVER=$url cargo nextest run --workspace --features xtask/prices \
  --run-ignored only -E 'package(providers) & test(third_party)' "$@"
