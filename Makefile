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
	@$(MAKE) --no-print-directory fuzz FUZZTIME=2s
	$(ENGINE) $(GOTEST) -count=1 -timeout 30m ./...

# Every decoder that meets the network, and the mapping behind it. Inputs that
# once failed are kept under testdata/fuzz and run with the tests.
FUZZTIME   ?= 30s
FUZZED     := schema collector/receiver/otlp collector/receiver/events collector/receiver/grpc collector/normalize collector/spool ingest adoption/roster/scim

.PHONY: fuzz
fuzz: ## each fuzz target of the decoders and the mapping for FUZZTIME
	@set -o pipefail; for package in $(FUZZED); do for target in $$(grep -ho 'func Fuzz[A-Za-z]*' $$package/*_test.go | cut -c6-); do \
		echo "fuzz $$package $$target"; \
		$(ENGINE) go test ./$$package -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -parallel 2 | grep -v '^fuzz:' || exit 1; \
	done; done

# The clients are large, so they are installed only when the list of them changed.
CLIENTS := $(CACHE)/clients

.PHONY: test-clients
test-clients: build $(CLIENTS)/node_modules ## run real AI clients against a scripted model and Uptake, some minutes (2 GB of npm packages once)
	@deploy/setup/debian.sh tmux
	UPTAKE_TEST_CLIENTS=$(CLIENTS) $(ENGINE) $(GOTEST) -count=1 -timeout 60m -run 'TestClients' ./cmd/uptake

$(CLIENTS)/node_modules: deploy/clienttest/package-lock.json
	@deploy/setup/debian.sh node
	@mkdir -p $(CLIENTS)
	cp deploy/clienttest/package.json deploy/clienttest/package-lock.json deploy/clienttest/.npmrc $(CLIENTS)
	cd $(CLIENTS) && npm install --no-audit --no-fund
	@touch $@

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
	@git diff --exit-code --stat -I '^//.*protoc' -- '*.pb.go' '*_gen.*' docs/tools.md docs/definitions.md || { echo "generated files differ: run make generate and commit"; exit 1; }

# What `make bench` measures: benchmarks, how often, packages. docs/performance.md
# says what each means.
BENCH       = $(ENGINE) go test -run '^$$' -timeout 10m
BENCH_LINES = awk '/^Benchmark/ {printf "%s", substr($$1, 10); for (i = 3; i < NF; i += 2) \
	if ($$(i+1) == "ns/op") printf "  %.3g s", $$i / 1e9; else printf "  %s %s", $$i, $$(i+1); print ""; fflush()} \
	/FAIL|panic|_test.go|SKIP/ {print}'

.PHONY: bench
bench: build ## speed and memory in about ten minutes, as ratios where there is a reference
	@set -o pipefail; echo "decoding, against the usual libraries"; \
	$(BENCH) -bench 'OTLP|Events' -benchtime 1s ./collector | $(BENCH_LINES)
	@set -o pipefail; echo "recognising the recordings of all tools, against decoding them"; \
	$(BENCH) -bench Recognise -benchtime 2s ./collector | $(BENCH_LINES)
	@set -o pipefail; echo "uptake collect, from the request to Kafka, against a server that only decodes"; \
	$(BENCH) -bench 'Collect$$' -benchtime 3x ./cmd/uptake | $(BENCH_LINES)
	@set -o pipefail; echo "the same over gRPC, against HTTP"; \
	$(BENCH) -bench CollectGRPC/otlp-100 -benchtime 3x ./cmd/uptake | $(BENCH_LINES)
	@set -o pipefail; echo "uptake collect: start and binary; memory with Kafka away and 64 senders"; \
	$(BENCH) -bench ColdStart -benchtime 5x ./cmd/uptake | $(BENCH_LINES)
	@set -o pipefail; $(BENCH) -bench BrokerAway -benchtime 1x ./cmd/uptake | $(BENCH_LINES)
	@set -o pipefail; echo "ingest, from Kafka to ClickHouse"; \
	$(BENCH) -bench Backlog -benchtime 1x ./ingest | $(BENCH_LINES)
	@set -o pipefail; echo "SCIM, 100,000 people, one POST each over eight connections"; \
	$(BENCH) -bench PeopleSentOneByOne -benchtime 1x ./adoption/roster | $(BENCH_LINES)
	@set -o pipefail; echo "a day rebuilt, a week with its 28 days and its days published, 100,000 people"; \
	$(BENCH) -bench Week -benchtime 1x ./adoption | $(BENCH_LINES)
	@set -o pipefail; echo "a week of 45 kinds of figures, 100,000 people: hiding and attacking, writing, correcting"; \
	$(BENCH) -bench Publish -benchtime 1x ./adoption/publish | $(BENCH_LINES)

.PHONY: clean
clean: ## remove what make made, except the downloads
	rm -rf bin
