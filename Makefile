# Lienthong. Every target with "##" is listed by `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PACKAGES := $(sort $(dir $(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml)))
EDITABLE := $(foreach package,$(PACKAGES),-e ./$(package))
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run tour test check chart format generate bench soak drills test-kubernetes kafka kafka-stop postgresql postgresql-stop lock install install-dev clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Start the platform embedded, play a day of document exchange, stay up
	@$(BIN)/lienthong tour --stay $(ARGS)

tour: $(if $(findstring --distributed,$(ARGS)),install-dev,install) ## The same day on a fresh platform, then stop; ARGS="--distributed --json" on PostgreSQL and Kafka, with one line of JSON at the end
	@$(BIN)/lienthong tour $(ARGS)

test: install-dev ## Run every test
	@$(BIN)/python -m pytest $(ARGS)

check: install-dev ## Format, lint, types, import rules, contract, generated code, the Helm chart
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python libs/contracts/generate.py --check
	$(BIN)/buf lint .build/contract.binpb --config buf.yaml
	$(BIN)/buf breaking .build/contract.binpb --against tests/contract/baseline.binpb --config buf.yaml
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m chartcheck
	$(BIN)/python deploy/observability/dashboards.py --check
	@for package in $(filter-out libs/contracts/,$(PACKAGES)) deploy/docker deploy/observability tests; do echo "mypy $$package"; $(BIN)/mypy --no-error-summary $$package || exit 1; done

chart: install-dev ## Write the chart's examples and README anew
	@$(BIN)/python -m chartcheck write

format: install-dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: install-dev ## Generate libs/contracts from protos/
	$(BIN)/python libs/contracts/generate.py

bench: install-dev ## Measure; ARGS=--json ends with one line of JSON
	@$(BIN)/python -m tests.bench $(ARGS)

soak: install-dev ## Kill the platform several hundred times under load
	@$(BIN)/python -m tests.fault.soak $(ARGS)

drills: install-dev ## Hold the drills on processes: restore, Kafka lost, upgrade, scale, keys
	@$(BIN)/python -m drills all $(ARGS)

test-kubernetes: install-dev ## Install the chart on a cluster, play the tour inside, then the bad days
	@$(BIN)/python -m pytest tests/kubernetes $(ARGS)

kafka: install-dev ## Start an Apache Kafka for development on the local Java, in the background
	@$(BIN)/python -m kafka_local start $(ARGS)

kafka-stop: install-dev ## End it; its data stay in .data/kafka
	@$(BIN)/python -m kafka_local stop

postgresql: install-dev ## Start a PostgreSQL for development, in the background
	@$(BIN)/python -m postgresql_local start $(ARGS)

postgresql-stop: install-dev ## End it; its data stay in .data/postgresql
	@$(BIN)/python -m postgresql_local stop

lock: $(UV) ## Resolve requirements/*.in anew into hashed locks without addresses
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/runtime.lock requirements/runtime.in
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/dev.lock requirements/dev.in

install: $(RUNTIME) ## Install what running needs into .venv

install-dev: $(DEV) ## Install what tests and checks need into .venv

clean: ## Remove the environment, what was built, and the data of `make run`
	rm -rf $(VENV) .build .data

$(UV): requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lienthong needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@echo "installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@touch $(UV)

$(RUNTIME): $(UV) requirements/runtime.lock $(addsuffix pyproject.toml,$(PACKAGES))
	@test -e $(DEV) || $(UV) pip install -q --require-hashes -r requirements/runtime.lock
	@$(UV) pip install -q --no-build-isolation --no-deps $(EDITABLE)
	@touch $(RUNTIME)

$(DEV): $(UV) requirements/dev.lock $(addsuffix pyproject.toml,$(PACKAGES))
	@$(UV) pip install -q --require-hashes -r requirements/dev.lock
	@$(UV) pip install -q --no-build-isolation --no-deps $(EDITABLE)
	@touch $(DEV) $(RUNTIME)
