# `make` alone shows what there is. Each target does one thing that a person would type.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 4000
WEB_INSTALLED := web/node_modules/.package-lock.json
WEB_BUILT := web/apps/app/dist/index.html
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path 'web/e2e/*' 2>/dev/null)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: web release ## Build Parlance and serve it on http://localhost:4000, data in ./data
	PORT=$(PORT) target/release/parlance serve

.PHONY: dev
dev: $(WEB_INSTALLED) ## Serve the API on 4000 and the web app with hot reload on 5173
	@$(MAKE) --no-print-directory --jobs=2 dev-server dev-web

.PHONY: dev-server dev-web
dev-server:
	PORT=$(PORT) cargo run --package app --bin parlance -- serve
dev-web:
	PARLANCE_SERVER=http://localhost:$(PORT) npm --prefix web run dev

.PHONY: check
check: ## Formatting, lints, architecture, types: what to run before a commit
	scripts/suite check

.PHONY: test
test: ## Everything that CI runs, on SQLite and on PostgreSQL
	scripts/suite test

.PHONY: bench
bench: web release ## Measure latency, throughput, memory; writes docs/benchmarks.md
	cargo build --release --package bench
	target/release/bench chat --write docs/benchmarks.md

PARLANCE_BENCH_PEERS ?= $(HOME)/.cache/parlance-bench-peers

.PHONY: bench-auth
bench-auth: ## Measure what finding out who calls costs (on PostgreSQL too, where PARLANCE_TEST_POSTGRES_URL says)
	cargo bench --package identity --bench authentication

.PHONY: bench-flood
bench-flood: web release ## Flood the login while people chat; writes docs/benchmarks.md
	cargo build --release --package bench
	target/release/bench flood --write docs/benchmarks.md

.PHONY: bench-gateway bench-jobs bench-peers bench-faults
bench-gateway: web release ## Measure the compatible API next to other gateways; writes docs/benchmarks.md
	cargo build --release --package bench
	target/release/bench gateway --peers $(PARLANCE_BENCH_PEERS) --write docs/benchmarks.md

bench-jobs: ## Measure the job queue, on PostgreSQL next to others (both where PARLANCE_TEST_POSTGRES_URL says)
	PARLANCE_BENCH_PEERS=$(PARLANCE_BENCH_PEERS) cargo bench --package jobs --bench queue

bench-peers: ## Set up the other gateways, outside the repository (one of them compiles for long)
	PARLANCE_BENCH_PEERS=$(PARLANCE_BENCH_PEERS) scripts/peers.sh

bench-faults: web release ## Kill, hang and limit a provider under load: no request may fail
	cargo build --release --package bench
	target/release/bench faults

.PHONY: fmt
fmt: $(WEB_INSTALLED) ## Format everything
	cargo fmt --all
	npm --prefix web run format

.PHONY: openapi
openapi: $(WEB_INSTALLED) ## Renew the OpenAPI document and the client made from it
	cargo run --quiet --package app --bin parlance -- openapi > target/openapi.json
	cp target/openapi.json docs/openapi.json
	cp target/openapi.json web/packages/api/openapi.json
	npm --prefix web run generate

.PHONY: screenshots
screenshots: web ## Renew docs/screenshots
	cargo build --package app --bin parlance
	node web/e2e/screenshots.mjs

.PHONY: audit
audit: ## Licences, sources and known weaknesses of the dependencies (needs cargo-deny)
	cargo deny check

.PHONY: web
web: $(WEB_BUILT) ## Build the web app, which the server embeds

.PHONY: release
release: web ## Build the release binary: target/release/parlance
	cargo build --release --package app --bin parlance

$(WEB_INSTALLED): web/package-lock.json
	npm --prefix web ci
	@touch $@

$(WEB_BUILT): $(WEB_INSTALLED) $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@
