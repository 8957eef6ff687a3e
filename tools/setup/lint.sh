#!/usr/bin/env bash
# gofmt, vet, staticcheck, the import law and the format of the BPF sources.
set -euo pipefail
cd "$(dirname "$0")/../.."

bad=$(gofmt -l bpf cmd internal pkg test tools)
[ -z "$bad" ] || {
	echo "gofmt: $bad (run 'make fmt')" >&2
	exit 1
}
go vet ./...
go tool staticcheck ./...
go test -count=1 ./tools/law/...
clang-format-14 --dry-run -Werror bpf/*.c bpf/include/*.h
echo "lint: clean"
