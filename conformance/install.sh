#!/bin/bash
# Installs the system packages that Cygnet's tests and lab need on Debian, only those that are missing. Idempotent.
set -euo pipefail

needed=(
  kmod iproute2 iputils-ping iptables tcpdump
  strongswan-swanctl charon-systemd strongswan-starter strongswan-charon libcharon-extra-plugins
  libstrongswan-standard-plugins libstrongswan-extra-plugins
)

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# The only sure sign of a kernel with ESP is that it takes an SA.
kernel_has_esp() {
  unshare --net ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 mode tunnel \
    enc 'cbc(aes)' 0x11111111111111111111111111111111 \
    auth-trunc 'hmac(sha1)' 0x2222222222222222222222222222222222222222 96 2>/dev/null
}

missing=()
for package in "${needed[@]}"; do
  installed "$package" || missing+=("$package")
done
installed user-mode-linux || kernel_has_esp || missing+=(user-mode-linux)
# However they came here: not only from Debian's packages.
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
for tool in python3 curl bzip2; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "install.sh: missing: ${missing[*]}; install them, or run this as root on Debian" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o Acquire::Retries=3 update
  apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}"
  # Installing charon also starts it, on the ports that Cygnet is there for.
  if [[ " ${missing[*]} " == *" charon"* || " ${missing[*]} " == *"-charon "* ]] && [ -d /run/systemd/system ]; then
    systemctl disable --now strongswan.service strongswan-starter.service >/dev/null 2>&1 || true
  fi
fi

node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) process.exit(0);
  console.error(`install.sh: node ${process.versions.node} is too old: Cygnet needs 20.19 or later (Debian 13 has it)`);
  process.exit(1);
'

bash "$(dirname "${BASH_SOURCE[0]}")/fetch-vici-client.sh"
