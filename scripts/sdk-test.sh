#!/usr/bin/env bash
# Runs the official SDKs of OpenAI and Anthropic, in Python and TypeScript, and Vercel's AI SDK
# against the real binary. Behind it stands aimock (npm, MIT), a third party's server that
# speaks every provider's own interface, and the demo provider, which has no network.
# Needs Python 3.11, Node 20, PyPI and npm; what it installs goes to target/sdk.
#
#   scripts/sdk-test.sh [python|node]…
#
# PARLANCE_BIN: the binary, target/debug/parlance unless told. The last line counts the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${PARLANCE_BIN:-$PWD/target/debug/parlance}
suites=("$@")
((${#suites[@]})) || suites=(node python)
home=$PWD/target/sdk
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# Installed again only when a lock file has changed.
install_node() {
  local stamp
  stamp=$(cksum < tests/sdk/node/package-lock.json)
  if [[ $(cat "$home/node/stamp" 2>/dev/null) != "$stamp" ]]; then
    mkdir -p "$home/node"
    cp tests/sdk/node/{package.json,package-lock.json,.npmrc} "$home/node/"
    npm ci --prefix "$home/node" --no-audit --no-fund --ignore-scripts >&2
    echo "$stamp" > "$home/node/stamp"
  fi
  # Node looks for packages next to the files.
  cp tests/sdk/node/*.js "$home/node/"
}
install_python() {
  local stamp
  stamp=$(cksum < tests/sdk/python/requirements.txt)
  if [[ $(cat "$home/python/stamp" 2>/dev/null) != "$stamp" ]]; then
    python3.11 -m venv --clear "$home/python"
    "$home/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
      -r tests/sdk/python/requirements.txt >&2
    echo "$stamp" > "$home/python/stamp"
  fi
}
install_node
if [[ " ${suites[*]} " == *" python "* ]]; then install_python; fi

# until TRIES COMMAND…: waits for it, a tenth of a second between tries.
until_it() {
  local tries=$1
  shift
  for _ in $(seq "$tries"); do
    if "$@" > /dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}

# Port 0 lets the system choose; the server says which in its log. Seven characters a chunk
# keep the two halves of an emoji together.
node "$home/node/node_modules/.bin/llmock" --port 0 --chunk-size 7 --fixtures tests/sdk/fixtures.json \
  > "$work/upstream.log" 2>&1 &
pids+=($!)
until_it 300 grep -qE 'http://127\.0\.0\.1:[0-9]+' "$work/upstream.log" ||
  { echo "the upstream did not start:" >&2; cat "$work/upstream.log" >&2; exit 1; }
upstream=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$work/upstream.log" | head -1)

port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
# What nobody has priced is refused; the compatible server's one model has a price here.
cat > "$work/parlance.toml" << 'TOML'
[providers.models."compatible/gpt-4o"]
vision = true
tools = true
structured_output = true
prices = { input = "2.5", output = "10" }
TOML
# Only what the server needs: whoever runs this may have keys of real providers.
environment=(
  PATH="$PATH" HOME="$work" PORT="$port" PARLANCE_DATA_DIR="$work/data" PARLANCE_SERVER__HOST=127.0.0.1
  OPENAI_API_KEY=sk-test OPENAI_BASE_URL="$upstream/v1"
  ANTHROPIC_API_KEY=sk-test ANTHROPIC_BASE_URL="$upstream/v1"
  GEMINI_API_KEY=sk-test GEMINI_BASE_URL="$upstream/v1beta"
  GROQ_API_KEY=sk-test GROQ_BASE_URL="$upstream/v1"
  PARLANCE_PROVIDERS__COMPATIBLE__BASE_URL="$upstream/v1"
  PARLANCE_PROVIDERS__DISCOVERY__ENABLED=false PARLANCE_PROVIDERS__DEMO__CHUNK_DELAY_MS=1
  PARLANCE_LIMITS__REQUESTS_PER_USER=100000 PARLANCE_LIMITS__REQUESTS_PER_IP=100000
  PARLANCE_CONFIG="$work/parlance.toml"
)
parlance() { env -i "${environment[@]}" "$binary" "$@"; }
# Not through the function: the id to end is then the server's own.
env -i "${environment[@]}" "$binary" serve > "$work/server.log" 2>&1 &
pids+=($!)
url=http://127.0.0.1:$port
until_it 300 curl -fsS "$url/readyz" ||
  { echo "the server did not start:" >&2; cat "$work/server.log" >&2; exit 1; }

password='a password for tests alone'
printf '%s' "$password" | parlance user create --email sdk@example.com --password-stdin > /dev/null
key=$(parlance key create --user sdk@example.com --name sdk)
capped=$(parlance key create --user sdk@example.com --name capped)
node "$home/node/prepare.js" "$url" sdk@example.com "$password"
export SDK_URL=$url SDK_KEY=$key SDK_CAPPED_KEY=$capped SDK_UPSTREAM=$upstream

passed=0
failed=0
# Adds up what a runner counted; one that broke before it could count has failed.
count() {
  local status=$1 ok=${2:-0} bad=${3:-0}
  if ((status && !bad)); then bad=1; fi
  passed=$((passed + ok))
  failed=$((failed + bad))
}
for suite in "${suites[@]}"; do
  status=0
  case $suite in
    node)
      (cd "$home/node" && timeout 300 node --test --test-reporter=spec ./*.test.js) 2>&1 | tee "$work/log" || status=$?
      count "$status" "$(sed -nE 's/^ℹ pass ([0-9]+)$/\1/p' "$work/log")" "$(sed -nE 's/^ℹ fail ([0-9]+)$/\1/p' "$work/log")"
      ;;
    python)
      (cd tests/sdk/python && PYTHONDONTWRITEBYTECODE=1 timeout 300 "$home/python/bin/python" -m pytest) 2>&1 |
        tee "$work/log" || status=$?
      count "$status" "$(tail -1 "$work/log" | grep -oE '[0-9]+ passed' | cut -d' ' -f1)" \
        "$(tail -1 "$work/log" | grep -oE '[0-9]+ (failed|error)' | awk '{ sum += $1 } END { print sum + 0 }')"
      ;;
    *) echo "no suite is called $suite" >&2; exit 2 ;;
  esac
done
if grep -E '"level":"ERROR"| ERROR ' "$work/server.log" >&2; then
  echo "the server logged errors" >&2
  failed=$((failed + 1))
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
