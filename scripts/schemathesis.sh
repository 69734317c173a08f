#!/usr/bin/env bash
# Sends requests that schemathesis (PyPI, MIT) makes from our OpenAPI document, right ones and
# wrong ones, to the real binary, and fails when one is answered with 5xx.
#
#   scripts/schemathesis.sh [SECONDS]
#
# SECONDS: how long to go on; 150 unless told. PARLANCE_BIN: the binary, target/debug/parlance
# unless told.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-150}
binary=${PARLANCE_BIN:-$PWD/target/debug/parlance}
home=$PWD/target/sdk
work=$(mktemp -d)
pid=
finish() {
  if [[ -n $pid ]]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

stamp=$(cksum < tests/sdk/python/requirements.txt)
if [[ $(cat "$home/python/stamp" 2>/dev/null) != "$stamp" ]]; then
  python3.11 -m venv --clear "$home/python"
  "$home/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
    -r tests/sdk/python/requirements.txt >&2
  echo "$stamp" > "$home/python/stamp"
fi

port=$("$home/python/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
environment=(
  PATH="$PATH" HOME="$work" PORT="$port" PARLANCE_DATA_DIR="$work/data" PARLANCE_SERVER__HOST=127.0.0.1
  PARLANCE_PROVIDERS__DISCOVERY__ENABLED=false PARLANCE_PROVIDERS__DEMO__CHUNK_DELAY_MS=0
  PARLANCE_LIMITS__REQUESTS_PER_USER=1000000 PARLANCE_LIMITS__REQUESTS_PER_IP=1000000
  PARLANCE_LIMITS__AUTH_PER_IP=1000000 PARLANCE_LIMITS__RUNS_PER_USER=1000
)
parlance() { env -i "${environment[@]}" "$binary" "$@"; }
# Not through the function: the id to end is then the server's own.
env -i "${environment[@]}" "$binary" serve > "$work/server.log" 2>&1 &
pid=$!
url=http://127.0.0.1:$port
for _ in $(seq 300); do
  if curl -fsS "$url/readyz" > /dev/null 2>&1; then break; fi
  sleep 0.1
done

email=fuzz@example.com
password='a password for tests alone'
printf '%s' "$password" | parlance user create --email "$email" --password-stdin > /dev/null
token=$(curl -fsS "$url/api/v1/auth/login" -H 'content-type: application/json' \
  -d "{\"email\": \"$email\", \"password\": \"$password\"}" |
  "$home/python/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

# What ends the session or the user would leave nothing to test but 401.
leave_out='^/api/v1/(auth/(logout|refresh)|me/password|me/sessions.*)$'
status=0
(cd "$work" && NO_COLOR=1 timeout $((seconds + 60)) "$home/python/bin/st" run "$url/api/openapi.json" --url "$url" \
  --header "Authorization: Bearer $token" --exclude-path-regex "$leave_out" \
  --checks not_a_server_error --phases examples,coverage,fuzzing --max-time "$seconds" \
  --workers 1 --continue-on-failure --request-timeout 20 --suppress-health-check all --warnings off) 2>&1 |
  tee "$work/report" || status=$?

# An answer of 5xx is also a line in the log.
errors=$(grep -cE '"level":"ERROR"| ERROR ' "$work/server.log" || true)
if ((errors)); then
  grep -E '"level":"ERROR"| ERROR ' "$work/server.log" | sort | uniq -c | sort -rn | head -20 >&2
  echo "the server logged $errors errors" >&2
fi
kill -0 "$pid" 2>/dev/null || { echo "the server has ended" >&2; status=1; }
if ((status || errors)); then echo "0 passed, 1 failed"; exit 1; fi
echo "1 passed, 0 failed"
