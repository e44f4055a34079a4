#!/bin/bash
# Installs the system packages that Cygnet's tests and lab need on Debian, only those that are missing. Idempotent.
set -euo pipefail

# A file of each package, and the package.
needed=(
  "/usr/sbin/depmod kmod"
  "/usr/sbin/ip iproute2"
  "/usr/bin/ping iputils-ping"
  "/usr/sbin/iptables iptables"
  "/usr/bin/tcpdump tcpdump"
  "/usr/sbin/swanctl strongswan-swanctl"
  "/usr/sbin/charon-systemd charon-systemd"
  "/usr/lib/ipsec/plugins/libstrongswan-kernel-netlink.so strongswan-libcharon"
  "/usr/lib/ipsec/plugins/libstrongswan-openssl.so libstrongswan-standard-plugins"
  "/usr/lib/ipsec/plugins/libstrongswan-chapoly.so libstrongswan-extra-plugins"
)

# The only sure sign of a kernel with ESP is that it takes an SA.
kernel_has_esp() {
  unshare --net ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 mode tunnel \
    enc 'cbc(aes)' 0x11111111111111111111111111111111 \
    auth-trunc 'hmac(sha1)' 0x2222222222222222222222222222222222222222 96 2>/dev/null
}

missing=()
for entry in "${needed[@]}"; do
  read -r file package <<<"$entry"
  # Where /usr is not merged, system programs lie one level up.
  [ -e "$file" ] || [ -e "${file#/usr}" ] || missing+=("$package")
done
[ -e /usr/bin/linux.uml ] || kernel_has_esp || missing+=(user-mode-linux)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "install.sh: missing: ${missing[*]}; install them, or run this as root on Debian" >&2
    exit 1
  fi
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
