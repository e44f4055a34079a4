#!/bin/bash
# Measures what gateways with ESP in userspace carry: bench/throughput/run.sh [OPTION...]. See docs/benchmarks.md.
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
rm -rf bench/out/build
npx tsc -p bench/throughput/tsconfig.json
# In namespaces of its own: names of network namespaces are this run's, and nothing that it starts outlives it.
exec unshare --mount --net --pid --fork --kill-child --mount-proc sh -c \
  'mount -t tmpfs tmpfs /run && mkdir -p /run/tmp && export TMPDIR=/run/tmp && exec "$@"' sh \
  node bench/out/build/bench/throughput/main.js "$@"
