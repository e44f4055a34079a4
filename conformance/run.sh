#!/bin/bash
# Runs the conformance scenarios: conformance/run.sh [PATTERN]. See docs/conformance.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash conformance/install.sh
[ -d node_modules ] || npm ci
# Types are checked by `npm run check`; here only today's source has to be what runs.
npx tsc -p tsconfig.build.json --noCheck
npm run -s bundle
rm -rf conformance/out/build
npx tsc -p conformance/tsconfig.json
exec node conformance/out/build/conformance/main.js "$@"
