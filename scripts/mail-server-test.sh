#!/usr/bin/env bash
# Delivers letters to a mail server that we did not write: smtp-server (npm, MIT-0). Needs Node, the npm
# registry and openssl's command; what it installs goes to target/smtp.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$PWD/target/smtp
stamp=$(cksum < tests/smtp/package-lock.json)
if [[ $(cat "$home/stamp" 2>/dev/null) != "$stamp" ]]; then
  mkdir -p "$home"
  cp tests/smtp/{package.json,package-lock.json,.npmrc} "$home/"
  npm ci --prefix "$home" --no-audit --no-fund --ignore-scripts >&2
  echo "$stamp" > "$home/stamp"
fi
# Node looks for packages next to the file.
cp tests/smtp/server.mjs "$home/"

folder=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap finish EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost \
  -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
node "$home/server.mjs" "$folder" > "$folder/ports" &
server=$!
for _ in $(seq 300); do
  read -r _ plain _ starttls < "$folder/ports" && break
  sleep 0.1
done
[[ -n ${starttls:-} ]] || { echo "the mail server did not start" >&2; exit 1; }

# The whole workspace is named so that nothing is compiled again with other features.
PARLANCE_TEST_SMTP_FOLDER=$folder PARLANCE_TEST_SMTP_PLAIN=$plain PARLANCE_TEST_SMTP_STARTTLS=$starttls \
  cargo nextest run --workspace --features xtask/prices \
  --run-ignored only -E 'package(notifications) & test(mail_server)' "$@"
