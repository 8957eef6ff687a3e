#!/usr/bin/env bash
# Says what to do where there is no Go that can read go.mod. From 1.21 on, Go fetches the version that go.mod names by itself.
# usage: go.sh GO
set -euo pipefail
cd "$(dirname "$0")/../.."
go=${1:?usage: go.sh GO}
want=$(awk '$1 == "go" { print $2 }' go.mod)

refuse() {
	echo "xvrrp is built with Go $want or later, and $1." >&2
	echo "Install it from https://go.dev/dl/ and put its bin directory into PATH." >&2
	exit 1
}

have=$("$go" env GOVERSION 2>/dev/null) || refuse "there is no '$go' in PATH"
case "$have" in
go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*) refuse "'$go' is ${have#go}, as older distributions have it" ;;
esac
