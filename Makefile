# One word for each thing one does. Needs make, a Python 3.11 with pip, and nothing else.
.PHONY: env run test check lint bench bench-env mutants kafka lock clean

PYTHON ?= python3.11
UV_VERSION := 0.13.9
UV := .uv/bin/uv
BIN := .venv/bin
STAMP := .venv/.made
# Trust whom the machine trusts, as pip does.
export UV_SYSTEM_CERTS := 1

env: $(STAMP)

$(UV):
	$(PYTHON) -m venv .uv || python3 -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Compiled once here, since four processes start at a time and each would else compile for itself.
$(STAMP): $(UV) pyproject.toml requirements.lock
	test -x $(BIN)/python || $(UV) venv --quiet --no-python-downloads --python $(PYTHON) .venv \
	  || $(UV) venv --quiet --no-python-downloads --python python3 .venv
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# The sample, played as fast as it goes; a second run finds every event a duplicate.
run: env
	$(BIN)/countersign up --play sample --speed max --until-done

test: env
	$(BIN)/pytest -q

# What one runs before each commit: fast, nothing is started.
check: lint
	$(BIN)/pytest -q tests/unit tests/policy tests/house

lint: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# How fast it is on this machine, beside a plain service; the plain service and the plots need a few packages more.
bench: bench-env
	$(BIN)/countersign bench --quick --plots docs/performance

bench-env: env
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --require-hashes -r requirements-bench.lock

# Real Apache Kafka on 127.0.0.1:19092 until Ctrl-C; needs Java 17 and Maven. NODES=3 for a cluster.
NODES ?= 1
kafka:
	deploy/kafka/run --nodes $(NODES)

# Whether the tests would notice if the evaluator or a clock were a little otherwise: an hour or two on a free core.
# It can be stopped and goes on where it was; MUTANTS names a part, such as 'shared.domain.window*'.
mutants: env
	test -x .mutants/bin/python || $(UV) venv --quiet --python $(BIN)/python .mutants
	VIRTUAL_ENV=.mutants $(UV) pip install --quiet --require-hashes -r requirements.lock -r requirements-mutants.lock
	.mutants/bin/mutmut run --max-children 1 $(MUTANTS)
	.mutants/bin/mutmut export-cicd-stats
	cat mutants/mutmut-cicd-stats.json

lock: $(UV)
	$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --output-file requirements.lock --quiet
	$(UV) pip compile --group bench --constraint requirements.lock --universal --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --output-file requirements-bench.lock --quiet
	$(UV) pip compile --group mutants --universal --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --constraint requirements.lock --output-file requirements-mutants.lock --quiet

clean:
	rm -rf .venv .uv .mutants mutants .tools .countersign .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
