#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages that a make target needs, and nothing when they are all there.
# usage: packages.sh test|lint|kernels
set -euo pipefail

case "${1:-}" in
test) need=(gcc libc6-dev clang-14 llvm-14 keepalived frr tshark tcpdump iptables nftables iproute2 procps prometheus chromium chromium-driver buildah rpm systemd) ;;
lint) need=(clang-format-14) ;;
kernels) need=(qemu-system-x86 xz-utils) ;;
*)
	echo "usage: $0 test|lint|kernels" >&2
	exit 2
	;;
esac

missing=()
for p in "${need[@]}"; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null || {
	echo "these packages are missing and apt-get is not here to install them: ${missing[*]}" >&2
	exit 1
}
sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
echo "installing: ${missing[*]}"
# A daemon that a package would start, now or at the next boot, is none of ours: peers run in the lab's namespaces only.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
	"${sudo[@]}" chmod +x "$policy"
	trap '"${sudo[@]}" rm -f "$policy"' EXIT
fi
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
for p in "${missing[@]}"; do
	case "$p" in
	keepalived | frr | prometheus)
		! command -v systemctl >/dev/null || "${sudo[@]}" systemctl --quiet disable "$p.service"
		;;
	esac
done
