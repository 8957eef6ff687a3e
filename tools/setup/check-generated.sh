#!/usr/bin/env bash
# Regenerates the BPF objects in a copy and compares: what is committed must be what the sources give.
set -euo pipefail
cd "$(dirname "$0")/../.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r go.mod go.sum bpf internal pkg "$copy"
(cd "$copy" && go generate ./internal/datapath/...)
for f in internal/datapath/*_bpfe[lb].go internal/datapath/*_bpfe[lb].o; do
	cmp "$f" "$copy/$f" || {
		echo "$f is not what bpf/ compiles to: run 'make generate' and commit" >&2
		exit 1
	}
done
echo "generated BPF objects are current"
