# Everything a newcomer needs: `make run`, `make test`. Each target sets up what it uses.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Other frameworks need other versions of what Balto uses.
PEERS := .bench-peers
# The system's certificates: behind a company's proxy only those are right.
UV := $(BIN)/uv --system-certs pip
INSTALL := $(UV) install --quiet --python $(BIN)/python --no-deps --require-hashes
# Else the graph's dozen processes each compile what they import. Some packages ship templates that are not Python.
COMPILE := $(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true

.PHONY: help run test lint types lock docker-check clean bench bench-peers bench-record bench-latency bench-chaos bench-gate

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(BIN)/uv: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Balto needs Python 3.11 or later; name one with: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "python3 cannot make a virtual environment; on Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(VENV)/.run: $(BIN)/uv requirements/run.lock requirements/no-deps.lock pyproject.toml
	$(INSTALL) -r requirements/run.lock -r requirements/no-deps.lock
	$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.lock
	$(INSTALL) -r requirements/dev.lock
	@$(COMPILE)
	@touch $@

run: $(VENV)/.run  ## start Balto on port 8765 (the sandbox when no keys are set)
	@$(BIN)/balto run $(ARGS)

test: $(VENV)/.dev  ## every test (ARGS="-k name" narrows)
	$(BIN)/python -m pytest $(ARGS)

bench-record: $(VENV)/.dev  ## measure the record at 10 million interactions (minutes; ARGS="--rows 1000000" is shorter)
	$(BIN)/python -m benchmarks.record.run $(ARGS)

bench-latency: $(VENV)/.dev  ## measure last word to card, batch and realtime (4 minutes; ARGS="--counters 20")
	$(BIN)/python -m benchmarks.latency.run $(ARGS)

bench-chaos: $(VENV)/.dev  ## one provider request in five fails: what becomes of utterances (22 minutes; ARGS="--counters 10 --seconds 30")
	$(BIN)/python -m benchmarks.chaos.run $(ARGS)

bench: $(VENV)/.dev  ## counters carried and what one costs (COUNTERS=1000 DURATION_S=600 CHUNK_MS=20 for more)
	$(BIN)/python -m benchmarks.scale.run

$(PEERS)/.installed: $(BIN)/uv requirements/peers.lock
	@$(PYTHON) -m venv --without-pip $(PEERS)
	$(UV) install --quiet --python $(PEERS)/bin/python --no-deps --require-hashes -r requirements/peers.lock
	@touch $@

bench-peers: $(VENV)/.dev $(PEERS)/.installed  ## the same load on pipecat, and the ratio (COUNTERS=40 DURATION_S=30 for more)
	$(BIN)/python -m benchmarks.peers.run

lint: $(VENV)/.dev  ## style and correctness rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## strict type check
	$(BIN)/mypy

lock: $(BIN)/uv  ## resolve the dependencies again and write requirements/*.lock
	$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/bootstrap.in -o requirements/bootstrap.lock
	$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/run.lock
	$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/peers.in -o requirements/peers.lock
	$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-deps requirements/no-deps.in -o requirements/no-deps.lock
	$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev -c requirements/run.lock pyproject.toml -o requirements/dev.lock

docker-check:  ## build the image without Docker, run it, stream to it (root; Debian's buildah and debootstrap)
	deploy/docker/check-with-buildah.sh

bench-gate: $(VENV)/.dev  ## score the gate on the evaluation kit, and measure its cost (minutes)
	$(BIN)/python -m benchmarks.gate.run $(ARGS)

clean:  ## remove the virtual environments and caches; data stays
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache
