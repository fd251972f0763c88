# Hoahong. `make` alone lists what can be made. Needs Python 3.11 or newer with pip; nothing else.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
WORKERS ?= 2
# The peers of `make bench`, in an environment of their own.
PEERS   := build/peers
BENCH_ARGS ?=
# What pytest is told besides: make test ARGS="-k clawback"
ARGS    ?=
# The engine counts money: nearly every branch of it has to be walked by a test.
COVERAGE_AT_LEAST := 98

# The lock files carry hashes and no address: which index serves the packages is the machine's business.
PIP_LOCKED := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE     = build/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
              --no-header --no-annotate --no-strip-extras --group build $(UPGRADE) pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test quick bench lint format catalogues drawings pictures lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## what Hoahong needs to run, in .venv

install-dev: $(VENV)/.installed-dev ## what its tests and checks need, besides

demo: install ## open a made-up shop, print one order's trail, and serve it until Ctrl-C
	$(BIN)/hoahong demo

test: install-dev ## every test, on SQLite and PostgreSQL, with the branch coverage of the engine
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term --cov-fail-under=$(COVERAGE_AT_LEAST) $(ARGS)

quick: install-dev ## the fast tests, on SQLite alone
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and not postgresql" $(ARGS)

bench: ## measure against peers and limits; BENCH_ARGS="--row NAME", --list, --json, --long
	@$(MAKE) --no-print-directory install-dev >&2
	@$(MAKE) --no-print-directory $(PEERS)/.installed >&2 || echo "The peers couldn't be installed: going on without them." >&2
	@$(BIN)/python -m tests.benchmarks --peers $(PEERS) $(BENCH_ARGS)

lint: install-dev ## rules, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy commissions storefront migrations tests

format: install-dev ## write the code in its one format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

catalogues: install-dev ## gather the texts of all pages for the translators
	mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml -k _l -k _ --no-location --sort-output -o build/messages.pot .
	$(BIN)/pybabel -q update -i build/messages.pot -d storefront/translations -l vi --no-fuzzy-matching --ignore-obsolete --no-wrap

drawings: install ## write the drawings that are static files again
	$(BIN)/python -m storefront.drawings

pictures: install-dev ## take the README's pictures of the demo again
	$(BIN)/python -m tests.browser.taking

lock: ## pin all packages again; to newer ones with UPGRADE=--upgrade
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra test --extra lint --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --extra bench --constraints requirements.lock --output-file requirements-bench.lock
	@! grep -nE '://|^-' requirements.lock requirements-dev.lock requirements-bench.lock || { echo "a lock file names an address"; exit 1; }

clean: ## remove what was made here
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp file is newer than what it was made from, so that a second `make install` does nothing.
# Hashes and an editable install don't mix: the lock first, then the project alone, built with the locked setuptools.
# A path entry (compat) rather than an import hook: type checkers and new top-level packages see it.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hoahong needs Python 3.11 or newer: make PYTHON=python3.11 install")'
	$(PYTHON) -m venv $(VENV)
	$(PIP_LOCKED) -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	    --config-settings editable_mode=compat --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(PIP_LOCKED) -r requirements-dev.lock
	@touch $@

# The peers run on the same versions of what both sides use, beside the program and not in it.
# Without resolving again: the lock leaves out what `override-dependencies` says.
$(PEERS)/.installed: requirements-bench.lock
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.lock
	@touch $@
