# Everything that is done to Uptake by command. `make help` lists it.

SHELL      := /bin/bash
CACHE      := $(CURDIR)/.cache
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS    := -s -w -X main.version=$(VERSION)
DATA       ?= $(CURDIR)/data
GOTEST     ?= go test
ENGINE     := UPTAKE_ENGINE_LIBRARY=$(CURDIR)/bin/libchdb.so
export CGO_ENABLED := 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: build ## build, then run everything on this machine with the demo company; prints one address to open
	bin/uptake up --data "$(DATA)" --demo

.PHONY: build
build: engine ## bin/uptake, bin/uptake-engine and the engine's library
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/uptake ./cmd/uptake
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/uptake-engine ./cmd/uptake-engine

.PHONY: engine
engine: ## bring the ClickHouse engine's library to bin/ (178 MB once)
	@deploy/setup/debian.sh node
	@deploy/embedded/engine/fetch.sh bin/libchdb.so

.PHONY: setup
setup: ## install what the tests need and is missing: Java, Maven, protoc
	@deploy/setup/debian.sh java maven protoc

.PHONY: test
test: setup build lint generated ## set up and run all tests
	$(ENGINE) $(GOTEST) -count=1 -timeout 30m ./...

.PHONY: lint
lint: ## gofmt, vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not formatted by gofmt: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

.PHONY: generate
generate: setup $(CACHE)/bin ## make the generated files anew
	PATH="$(CACHE)/bin:$$PATH" go generate ./...

$(CACHE)/bin: go.mod
	@mkdir -p $(CACHE)/bin
	go build -o $(CACHE)/bin/ google.golang.org/protobuf/cmd/protoc-gen-go github.com/planetscale/vtprotobuf/cmd/protoc-gen-go-vtproto
	@touch $(CACHE)/bin

.PHONY: generated
generated: generate ## fail when a generated file differs from what make generate makes
	@git diff --exit-code --stat -I '^//.*protoc' -- '*.pb.go' '*_gen.*' || { echo "generated files differ: run make generate and commit"; exit 1; }

.PHONY: bench
bench: build ## speed and memory, as ratios where there is a reference
	$(ENGINE) go test -run '^$$' -bench . -benchtime 1s -timeout 30m ./schema/... ./collector/... ./ingest/... ./adoption/...
	$(ENGINE) go test -run '^$$' -bench . -benchtime 1x -timeout 30m ./cmd/uptake

.PHONY: licences
licences: ## bin/THIRD-PARTY.txt: the licences of all modules that are linked into the binaries
	@mkdir -p bin
	@go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/... | sort -u | \
	while read -r path version dir; do \
		texts=$$(find "$$dir" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' \) | sort); \
		[ -n "$$texts" ] || { echo "$$path has no licence" >&2; exit 1; }; \
		printf '==== %s %s\n\n' "$$path" "$$version"; cat $$texts; echo; \
	done >bin/THIRD-PARTY.txt

.PHONY: clean
clean: ## remove what make made, except the downloads
	rm -rf bin
