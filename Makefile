# make help — the verbs of this project
PYTHONS := python3.11 python3.12 python3.13 python3.10 python3
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(shell command -v $(name) 2>/dev/null)))
BIN := .venv/bin
# The exact versions, but for Python 3.10: it is too old for some of them.
EXACT := $$($(BIN)/python -c 'import sys; print("--constraint constraints.txt" * (sys.version_info >= (3, 11)))')
DEMO := demo

.PHONY: help env demo test test-engines test-browser format bench bench-near bench-engines bench-growth bench-refresh clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

env: .venv/.core ## create .venv with the tamis command
	@:

.venv/.core: pyproject.toml constraints.txt
	@echo 'making .venv'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet $(EXACT) --editable .
	@$(BIN)/python -m compileall -q schemas transforms pipelines
	@touch $@

.venv/.dev: .venv/.core
	@$(BIN)/python -m pip install --quiet $(EXACT) --group dev
	@touch $@

.venv/.browser: .venv/.dev
	@$(BIN)/python -m pip install --quiet $(EXACT) --group browser
	@touch $@

.venv/.bench: .venv/.core
	@$(BIN)/python -m pip install --quiet $(EXACT) --group bench
	@touch $@

demo: env ## curate the bundled sample data and show what came out
	@rm -rf $(DEMO)
	@$(BIN)/tamis sample $(DEMO)/input
	@$(BIN)/tamis curate --input '$(DEMO)/input/*.parquet' --output $(DEMO)/output

test: .venv/.dev ## check style, types and import contracts, then run all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered --ignore=tests/engines --ignore=tests/browser

test-engines: .venv/.dev ## run the sample on real engines (Prism, Spark, Flink) and by a real Airflow
	$(BIN)/python deploy/parts/fetch.py
	$(BIN)/python -m pytest tests/engines

test-browser: .venv/.browser ## open the report in Chromium, which is installed where apt-get can
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null
	$(BIN)/python -m pytest tests/browser

format: .venv/.dev ## format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev ## measure the job against its bare kernels: make bench INPUT='data/*.parquet'
	$(BIN)/python bench/job.py --input $(INPUT)

bench-near: .venv/.bench ## measure near-duplicates against the peers: make bench-near INPUT='data/*.parquet'
	$(BIN)/python bench/near.py --input $(INPUT)

bench-engines: .venv/.dev ## measure the job on every engine: make bench-engines INPUT='data/*.parquet'
	$(BIN)/python bench/engines.py --input $(INPUT)

bench-growth: .venv/.dev ## measure how deduplication alone grows, from 100,000 to 10,000,000 generated rows
	$(BIN)/python bench/growth.py

bench-refresh: .venv/.dev ## measure what a refresh costs: make bench-refresh INPUT='data/*.parquet'
	$(BIN)/python bench/refresh.py --input $(INPUT)

clean: ## delete the environment and the demo
	rm -rf .venv $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
