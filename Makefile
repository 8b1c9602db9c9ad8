# The verbs of this project. `make` alone lists them.
PORT ?= 8082
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test check e2e bench bench-memory lock models clean

help: ## list the verbs
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## run everything on this machine and print its address (PORT=8082)
	@scripts/setup.sh run
	@$(PY) -m backend.cli.main up --port $(PORT)

test: ## install what the tests need, then run all of them
	@scripts/setup.sh test
	@scripts/test.sh all

check: ## format, lint, types, floors, unit tests: under 90 seconds
	@scripts/setup.sh run
	@scripts/test.sh check

e2e: ## the browser tests only
	@scripts/setup.sh test
	@scripts/test.sh e2e

bench: ## speed as ratios against references, written to bench/RESULTS.md
	@scripts/setup.sh run
	@$(PY) -m bench

bench-memory: ## what memory finds, on our dialogues or on DATA=<a LoCoMo file>
	@scripts/setup.sh run
	@$(PY) -m bench.memory $(DATA)

models: ## fetch the local models now instead of at the first run (about 1.1 GB)
	@scripts/setup.sh run
	@$(PY) -m local_ai.model_files

lock: ## compile the ranges of pyproject.toml into the three locks
	@scripts/lock.sh

clean: ## remove what was built (keeps .engram, which holds your data and the models)
	rm -rf frontend/dist frontend/node_modules .venv .mypy_cache .ruff_cache .pytest_cache .engram/stamps backend/voice/_fast_path.*.so
