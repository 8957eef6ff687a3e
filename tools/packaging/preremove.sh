#!/bin/sh
# On removal, not on an upgrade: deb says "remove", rpm the number of versions that stay, 0.
set -e
case "${1:-}" in
remove | 0)
	if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
		systemctl disable --now xvrrp.service
	fi
	;;
esac
