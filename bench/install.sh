#!/bin/bash
# Installs the system packages that the benchmarks need on Debian, only those that are missing. Idempotent.
set -euo pipefail

needed=(
  iproute2 iputils-ping iperf3
  strongswan-swanctl charon-systemd libcharon-extra-plugins
  libstrongswan-standard-plugins libstrongswan-extra-plugins
)

missing=()
for package in "${needed[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "install.sh: missing: ${missing[*]}; install them, or run this as root on Debian" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o Acquire::Retries=3 update
apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}"
# Installing charon also starts it, on the ports that the gateways of a benchmark use in namespaces of their own.
if [[ " ${missing[*]} " == *" charon-systemd "* ]] && [ -d /run/systemd/system ]; then
  systemctl disable --now strongswan.service >/dev/null 2>&1 || true
fi
