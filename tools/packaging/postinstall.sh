#!/bin/sh
# Makes the group and tells systemd of the unit. Nothing is enabled or started: a second VRRP daemon beside
# keepalived would be a second master. DPKG_ROOT is set when an image is made from outside.
set -e
root=${DPKG_ROOT:-}
if command -v systemd-sysusers >/dev/null 2>&1; then
	systemd-sysusers --root="${root:-/}" xvrrp.conf
elif ! grep -q '^xvrrp:' "$root/etc/group"; then
	groupadd --system ${root:+--root "$root"} xvrrp
fi
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
