#!/usr/bin/env bash
# Signs in with a SAML provider that we did not write: SimpleSAMLphp, from Debian's packages, on PHP's own server.
# Needs simplesamlphp and php-cli (.ci/run installs them).
set -euo pipefail
cd "$(dirname "$0")/.."

www=${SIMPLESAMLPHP:-/usr/share/simplesamlphp}/www
[[ -d $www ]] && command -v php > /dev/null ||
  { echo "SimpleSAMLphp is missing: apt-get install --no-install-recommends simplesamlphp php-cli php-xml php-mbstring" >&2; exit 1; }

home=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$home"
}
trap finish EXIT
mkdir -p "$home/temp" "$home/sessions"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$home/key.pem" -out "$home/cert.pem" -days 2 -subj /CN=idp.example 2> "$home/openssl.log" ||
  { cat "$home/openssl.log" >&2; exit 1; }

# A port that is free: PHP's server is told one, and says so if another has it meanwhile.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
base=http://127.0.0.1:$port
SAML_HOME=$home SAML_BASE=$base SAML_SIGNS=${SAML_SIGNS:-both} SIMPLESAMLPHP_CONFIG_DIR=$PWD/tests/saml-idp \
  php -d display_errors=0 -S "127.0.0.1:$port" -t "$www" > "$home/server.log" 2>&1 &
server=$!
metadata=$base/saml2/idp/metadata.php
for _ in $(seq 100); do
  curl --fail --silent --output /dev/null "$metadata" && break
  sleep 0.1
done
curl --fail --silent --show-error --output /dev/null "$metadata" ||
  { cat "$home/server.log" "$home"/*.log >&2; exit 1; }

# The whole workspace is named so that nothing is compiled again with other features. One engine after the other: the
# provider knows one workspace at a time.
PARLANCE_TEST_SAML_METADATA=$metadata PARLANCE_TEST_SAML_SERVICE=$home/service.json \
  cargo nextest run --workspace --features xtask/prices --test-threads 1 \
  --run-ignored only -E 'package(identity) & test(saml_server)' "$@" || { tail -50 "$home/server.log" >&2; exit 1; }
