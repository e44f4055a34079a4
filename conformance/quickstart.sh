#!/bin/bash
# From a fresh Debian machine (as root) to a working tunnel: installs what is missing, builds Cygnet, lets it connect
# with a strongSwan in the lab, sends pings through the tunnel, and shows the status. Nothing of the machine's own
# network is touched: the lab runs in namespaces, inside user-mode-linux where the kernel has no ESP.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash conformance/install.sh
npm ci --no-audit --no-fund
status=0
bash conformance/run.sh '^quickstart$' || status=$?
transcript=conformance/out/quickstart/transcript.txt
[ -f "$transcript" ] && cat "$transcript"
exit "$status"
