#!/bin/bash
# Measures IKE beside strongSwan's charon: bench/ike/run.sh [OPTION...]. See docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [ "$(id -u)" -ne 0 ]; then
  echo "run.sh: this needs root, for network namespaces" >&2
  exit 1
fi
bash bench/install.sh
[ -d node_modules ] || npm ci
npx tsc -p tsconfig.build.json --noCheck
npm run -s bundle
rm -rf bench/out/ike
npx tsc -p bench/ike/tsconfig.json
# In namespaces of its own: names of network namespaces are this run's, and nothing that it starts outlives it.
exec unshare --mount --net --pid --fork --kill-child --mount-proc sh -c \
  'mount -t tmpfs tmpfs /run && mkdir -p /run/tmp && export TMPDIR=/run/tmp && exec "$@"' sh \
  node bench/out/ike/bench/ike/main.js "$@"
