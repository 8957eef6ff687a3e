#!/bin/sh
# Makes the group and tells systemd of the unit. Nothing is enabled or started: a second VRRP daemon beside
# keepalived would be a second master.
set -e
if command -v systemd-sysusers >/dev/null 2>&1; then
	systemd-sysusers xvrrp.conf
elif ! getent group xvrrp >/dev/null 2>&1; then
	groupadd --system xvrrp
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
