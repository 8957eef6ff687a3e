#!/usr/bin/env bash
# Builds the deb and the rpm into a directory. nfpm comes through the Go module proxy and touches no go.mod.
# usage: build.sh [DIRECTORY]     (default: bin/packages)
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-bin/packages}

# A tag v1.2.3 is the version; anything else is 0.0.0 with the commit, which a source archive does not know.
tag=$(git describe --tags --exact-match 2>/dev/null || true)
VERSION=${tag#v}
[ -n "$VERSION" ] || VERSION=0.0.0+git$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
ARCH=$(go env GOARCH)
export VERSION ARCH

make build
# The manual page and the completions come out of the binary's own definitions.
mkdir -p "$out" bin/share
bin/xvrrp man | gzip -9n >bin/share/xvrrp.8.gz
for shell in bash zsh fish; do
	bin/xvrrp completion "$shell" >"bin/share/xvrrp.$shell"
done
for packager in deb rpm; do
	go run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0 package --config tools/packaging/nfpm.yaml --packager "$packager" --target "$out"
done
ls -l "$out"
