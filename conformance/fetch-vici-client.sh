#!/bin/bash
# Brings strongSwan's client library for Python, unmodified, to conformance/cache/vici-client. Debian has it in no package,
# only in the source of strongSwan's. Where it cannot be had, the reason is in conformance/cache/vici-client.missing, and the
# scenario that needs it fails with that.
set -euo pipefail

archive=strongswan_5.9.8.orig.tar.bz2
sha256=d3303a43c0bd7b75a12b64855e8edcb53696f06190364f26d1533bde1f2e453c
library=strongswan-5.9.8/src/libcharon/plugins/vici/python

cache="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/cache"
client="$cache/vici-client"
[ ! -d "$client" ] || exit 0

mkdir -p "$cache"
rm -f "$client.missing"
scratch=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

missing() {
  echo "$1" >"$client.missing"
  exit 0
}

# The archives that this machine has its packages from.
for archives in $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sort -u); do
  curl --silent --fail --location --max-time 300 --output "$scratch/$archive" \
    "${archives%/}/pool/main/s/strongswan/$archive" && break
done
[ -s "$scratch/$archive" ] || missing "$archive is in none of this machine's archives"
echo "$sha256  $scratch/$archive" | sha256sum --check --status || missing "$archive is not the one it should be"
tar --extract --bzip2 --file "$scratch/$archive" --directory "$scratch" "$library/vici" "$library/LICENSE" ||
  missing "$archive has no client library"
mv "$scratch/$library" "$client"
