# Kontor. The two commands that matter: `make run` (a demo on this machine) and `make test` (everything that is checked).
# Every target sets up what it needs; a second call does only what has changed.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build ui check test test-long bench setup clean

UI_SOURCES := $(shell find builder-ui -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: build ## build everything and start a demo on http://127.0.0.1:8080
	target/release/kontor serve --demo

build: ui ## the web app and target/release/kontor
	@echo "== kontor: release build (the first one takes some minutes)"
	cargo build --release --locked -p kontor-server --features s3 --bin kontor

ui: builder-ui/dist/index.html ## the web app

builder-ui/node_modules/.package-lock.json: builder-ui/package-lock.json | tools
	@echo "== builder-ui: packages"
	cd builder-ui && npm ci --no-audit --no-fund

builder-ui/dist/index.html: builder-ui/node_modules/.package-lock.json $(UI_SOURCES)
	@echo "== builder-ui: build"
	cd builder-ui && npm run build
	@touch $@

.PHONY: tools
tools:
	@scripts/setup tools

setup: ## install what the tests need (PostgreSQL, Chromium, fonts) where it is missing
	@scripts/setup tools tests

check: builder-ui/node_modules/.package-lock.json ## what is quick: format, lints, structure, types
	scripts/check check

test: ## everything that is checked before a change lands, on both databases
	scripts/check test

test-long: ## the same with many more random cases
	PROPTEST_CASES=20000 KONTOR_LONG=1 scripts/check test

bench: build ## figures of this machine: start, import, reads, writes, search
	scripts/bench
	scripts/bench-search

clean: ## remove what was built
	cargo clean
	rm -rf builder-ui/dist builder-ui/node_modules
