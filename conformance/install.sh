#!/bin/bash
# Installs the system packages that Cygnet's tests and lab need on Debian, only those that are missing. Idempotent.
set -euo pipefail

# Program that tells whether the package is there, and the package.
needed=(
  "/usr/bin/linux.uml user-mode-linux"
  "/usr/sbin/depmod kmod"
  "/usr/sbin/ip iproute2"
  "/usr/bin/ping iputils-ping"
  "/usr/sbin/iptables iptables"
  "/usr/bin/tcpdump tcpdump"
  "/usr/sbin/swanctl strongswan-swanctl"
  "/usr/sbin/charon-systemd charon-systemd"
  "/usr/lib/ipsec/plugins/libstrongswan-openssl.so libstrongswan-standard-plugins"
  "/usr/lib/ipsec/plugins/libstrongswan-chapoly.so libstrongswan-extra-plugins"
  "/usr/lib/ipsec/plugins/libstrongswan-kernel-netlink.so strongswan-libcharon"
)

missing=()
for entry in "${needed[@]}"; do
  read -r file package <<<"$entry"
  [ -e "$file" ] || [ -e "/usr$file" ] || [ -e "${file#/usr}" ] || missing+=("$package")
done
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "install.sh: missing: ${missing[*]}; install them, or run this as root on Debian" >&2
    exit 1
  fi
  # A package archive whose host does not answer at once is no reason to fail.
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o Acquire::Retries=3 update
  apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}"
  # Installing charon also starts it, on the ports that Cygnet is there for.
  if [[ " ${missing[*]} " == *" charon-systemd "* ]] && [ -d /run/systemd/system ]; then
    systemctl disable --now strongswan.service >/dev/null 2>&1 || true
  fi
fi

node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) process.exit(0);
  console.error(`install.sh: node ${process.versions.node} is too old: Cygnet needs 20.19 or later (Debian 13 has it)`);
  process.exit(1);
'
