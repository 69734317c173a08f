#!/usr/bin/env bash
# Sets up the gateways and job queues that `make bench-gateway` and `make bench-jobs` measure Parlance against, outside
# the repository: in PARLANCE_BENCH_PEERS, or ~/.cache/parlance-bench-peers. Each is a package of
# a public registry at a fixed version; their configuration is the benchmark's (bench/peers).
# What is there already is left as it is.
#
#   scripts/peers.sh [litellm|portkey|tensorzero|litellm-rs|graphile-worker|pg-boss]…
#
# litellm-rs is compiled, which takes long; the others are downloads.
set -euo pipefail

peers=${PARLANCE_BENCH_PEERS:-$HOME/.cache/parlance-bench-peers}
wanted=("$@")
((${#wanted[@]})) || wanted=(graphile-worker pg-boss tensorzero portkey litellm litellm-rs)
mkdir -p "$peers"

# The file that says a peer is whole, and which version it is; written last.
is_there() { [[ $(cat "$peers/$1/version" 2>/dev/null) == "$2" ]]; }

python_package() {
  local name=$1 package=$2 version=$3
  shift 3
  python3.11 -m venv --clear "$peers/$name"
  "$peers/$name/bin/pip" install --quiet --disable-pip-version-check "$package==$version" "$@"
}

for peer in "${wanted[@]}"; do
  case $peer in
    litellm) version=1.106.2 ;;
    portkey) version=1.15.2 ;;
    tensorzero) version=2026.6.0 ;;
    litellm-rs) version=0.9.0 ;;
    graphile-worker) version=0.18.0 ;;
    pg-boss) version=12.38.0 ;;
    *) echo "no peer is called $peer" >&2; exit 2 ;;
  esac
  if is_there "$peer" "$version"; then
    echo "$peer $version is there"
    continue
  fi
  echo "setting up $peer $version in $peers/$peer"
  case $peer in
    litellm) python_package litellm 'litellm[proxy]' "$version" ;;
    tensorzero) python_package tensorzero tensorzero "$version" ;;
    portkey)
      mkdir -p "$peers/portkey"
      # Later versions of its server library don't get on with it.
      cat > "$peers/portkey/package.json" <<'JSON'
{
  "private": true,
  "dependencies": { "@portkey-ai/gateway": "1.15.2", "@hono/node-server": "1.13.7" },
  "overrides": { "@hono/node-server": "1.13.7" }
}
JSON
      npm install --prefix "$peers/portkey" --no-audit --no-fund --ignore-scripts --silent
      ;;
    graphile-worker | pg-boss)
      mkdir -p "$peers/$peer"
      # They want a newer Node than Parlance does, which is a package as well. The override: a version that exists.
      cat > "$peers/$peer/package.json" <<JSON
{
  "private": true,
  "dependencies": { "$peer": "$version", "node": "22.23.3" },
  "overrides": { "rrule-temporal": "2.2.7" }
}
JSON
      npm install --prefix "$peers/$peer" --no-audit --no-fund --silent
      ;;
    litellm-rs)
      nice -n 19 cargo install litellm-rs --version "$version" --locked --bin gateway --features sqlite \
        --root "$peers/litellm-rs" --target-dir "$peers/litellm-rs-build"
      ;;
  esac
  echo "$version" > "$peers/$peer/version"
done
