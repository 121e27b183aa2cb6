# Every target sets the checkout up first, the way ./hearth does, with the tools of development.
.DEFAULT_GOAL := help
.PHONY: help setup check format test alone accept generate lock bench fuzz e2e e2e-newer eval screenshots clean
SHELL := /bin/sh

BIN := .venv/bin
PYTEST := $(BIN)/pytest
# What needs no engine, no browser, no second set-up, nothing from npm, no real model and no
# gigabytes: the rest is `make e2e`.
QUICK := not docker and not browser and not bootstrap and not npm and not large and not weights
# What engines have differed in: networks, images, and what Compose makes of a file.
ENGINES_DIFFER := $(addprefix tests/e2e/test_,compose_up.py first_ten_minutes.py flat_holds.py wiring_holds.py)
# Tests wait more than they work, so one worker more than cores; a file's tests share what it starts.
WORKERS = $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
PARALLEL = --numprocesses $(WORKERS) --dist loadfile

help: ## show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' Makefile

setup: ## set the checkout up: .venv with every member and the tools of development
	@sh tools/bootstrap.sh dev

check: setup ## run every check that is not a test: format, lint, types, layers, lock, generated files, catalog
	@sh tools/check.sh

format: setup ## format the code and mend what the linter can
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

test: setup ## run the tests that need neither Docker nor a browser (unit, integration, acceptance)
	$(PYTEST) packages -m '$(QUICK)' -q $(PARALLEL) $(PYTEST_ARGS)
	@sh tools/skipped.sh

alone: setup ## install each deployable by itself and run its unit tests
	sh tools/alone.sh

accept: setup ## rewrite the committed expected outputs; review the diff
	HEARTH_ACCEPT=1 $(PYTEST) packages -q -m '$(QUICK)'
	@git status --short

generate: setup ## write the generated files: the schemas of service files, REST and MCP
	$(BIN)/python tools/generate.py

lock: setup ## write requirements.lock after a change of dependencies (UPGRADE=1: newest versions in range)
	sh tools/lock.sh $(if $(UPGRADE),--upgrade)

bench: setup ## run the benchmarks, each beside a peer
	$(BIN)/python bench/run.py

fuzz: setup ## ask every route of the server what no person would, at length (EXAMPLES=200)
	HEARTH_EXAMPLES=$(or $(EXAMPLES),200) $(PYTEST) packages/server/tests/acceptance/test_openapi.py -q

e2e: setup ## run the tests that need Docker, Chromium, npm, a model, a second set-up or gigabytes, as far as they are there
	$(PYTEST) packages tests -m 'docker or browser or bootstrap or npm or large or weights' $(PYTEST_ARGS)

e2e-newer: setup ## run what a newer engine may take otherwise, on the one that answers (the lab has a newer one: HEARTH_LAB_ENGINE=newer)
	$(PYTEST) $(ENGINES_DIFFER) -m 'docker or browser' $(PYTEST_ARGS)

eval: setup ## measure how good what search finds is (COLLECTION=FOLDER in the BEIR layout, else a small one; EMBEDDER=FOLDER, RERANKER=FOLDER)
	$(BIN)/python bench/evaluate.py $(COLLECTION) $(if $(EMBEDDER),--embedder $(EMBEDDER)) $(if $(RERANKER),--reranker $(RERANKER))

screenshots: setup ## take the README's pictures from a running installation (needs Chromium)
	$(BIN)/python tests/e2e/screenshots.py

clean: ## remove what setup, checks and tests made
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis artifacts
