# xvrrp: `make` alone prints the targets.

GO        ?= go
BIN       := bin/xvrrp
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS   := -s -w -X main.version=$(VERSION)
FUZZTIME  ?= 10m
# sudo only where we are not root already: the lab makes network namespaces.
SUDO      := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E env "PATH=$$PATH")

.DEFAULT_GOAL := help
.PHONY: help go build demo test test-kernels bench fuzz generate check-generated lint fmt image install

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Before packages are installed for minutes, which the missing Go would waste.
go:
	@./tools/setup/go.sh $(GO)

build: go ## bin/xvrrp, one static binary; needs Go only
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/xvrrp

demo: build ## build, make a lab of namespaces behind a default-deny firewall, kill the active director, show what a client saw
	$(SUDO) ./$(BIN) demo

test: go ## install what the tests need (Debian/Ubuntu), then run every test: unit, BPF, namespaces, peers
	./tools/setup/packages.sh test
	$(MAKE) check-generated
	$(SUDO) env CI=$(CI) ./tools/setup/test.sh

test-kernels: go ## run the BPF suite on the oldest and the newest Debian kernel under QEMU, minutes each; writes docs/kernels.md
	./tools/setup/packages.sh kernels
	$(GO) run ./tools/kernels -out docs/kernels.md

bench: go ## the comparisons against peers, as ratios, written to docs/benchmarks.md; then what a packet costs in the kernel
	./tools/setup/packages.sh test
	$(MAKE) build
	$(SUDO) $(GO) run ./tools/bench -out docs/benchmarks.md
	$(SUDO) $(GO) test -run '^$$' -bench . ./internal/datapath

fuzz: go ## run every native fuzz target for FUZZTIME (default 10m) each
	./tools/setup/fuzz.sh $(FUZZTIME)

generate: go ## compile the BPF program and write its Go twins (needs clang-14, llvm-14)
	$(GO) generate ./internal/datapath/...

check-generated: go ## the committed BPF objects are what the sources give
	./tools/setup/check-generated.sh

lint: go ## gofmt, vet, staticcheck, the import law, BPF formatting
	./tools/setup/packages.sh lint
	./tools/setup/lint.sh

fmt: ## format Go and C
	gofmt -w bpf cmd internal pkg test tools
	clang-format-14 -i bpf/*.c bpf/include/*.h

image: build ## a FROM scratch image of the static binary, xvrrp:VERSION (buildah or docker; needs no network)
	@if command -v buildah >/dev/null; then buildah build -t xvrrp:$(VERSION) . ; else docker build -t xvrrp:$(VERSION) . ; fi

install: build ## copy the binary to /usr/local/sbin
	install -D -m 0755 $(BIN) $(DESTDIR)/usr/local/sbin/xvrrp
