#!/usr/bin/env bash
# Signs in with an identity provider that we did not write: oidc-provider (npm, MIT). Needs Node and the npm
# registry; what it installs goes to target/oidc.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$PWD/target/oidc
stamp=$(cksum < tests/oidc/package-lock.json)
if [[ $(cat "$home/stamp" 2>/dev/null) != "$stamp" ]]; then
  mkdir -p "$home"
  cp tests/oidc/{package.json,package-lock.json,.npmrc} "$home/"
  npm ci --prefix "$home" --no-audit --no-fund --ignore-scripts >&2
  echo "$stamp" > "$home/stamp"
fi
# Node looks for packages next to the file.
cp tests/oidc/server.mjs "$home/"

folder=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap finish EXIT
redirect=https://chat.example.com/api/v1/auth/callback/google
node "$home/server.mjs" "$redirect" > "$folder/issuer" 2> "$folder/log" &
server=$!
for _ in $(seq 300); do
  read -r issuer < "$folder/issuer" && break
  sleep 0.1
done
[[ -n ${issuer:-} ]] || { echo "the identity provider did not start" >&2; cat "$folder/log" >&2; exit 1; }

# The whole workspace is named so that nothing is compiled again with other features.
PARLANCE_TEST_OIDC_ISSUER=$issuer \
  cargo nextest run --workspace --features xtask/prices \
  --run-ignored only -E 'package(identity) & test(oidc_server)' "$@"
