# One file for everything that is done with a checkout; `make` alone lists it.
#
# The first `make demo` or `make test` makes .venv from PYTHON and installs what constraints.txt pins; later ones need no
# network. Where the package index has no CPU build of torch 2.13.0: make demo PIP_FLAGS="--extra-index-url URL" (README).

PYTHON ?= python3
PIP_FLAGS ?=
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A stamp is named after what was installed and where, so that an old one never passes for a new one.
KEY := $(shell (cat pyproject.toml constraints.txt; pwd) | cksum | cut -d" " -f1)
INSTALLED := $(VENV)/installed-$(KEY)
DEVELOPED := $(VENV)/developed-$(KEY)
PYTEST := $(BIN)/python -m pytest
PAGE := src/hornbook/server/static/index.html
PACKAGES := web/node_modules/.package-lock.json

export PYTHONNOUSERSITE := 1
unexport PYTHONPATH
# Compiled once, read by every one of the many processes that tests start.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo install develop docs docs-verify first-hour try-wheel web web-test screenshots lint test test-slow test-lessons test-all mutate bench bench-gpu soak fuzz ci system golden format clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(INSTALLED)  ## install into .venv and train a small model: text to talking in under five minutes
	$(BIN)/hornbook quickstart

install: $(INSTALLED)  ## install into .venv (.venv/bin/hornbook)

develop: $(DEVELOPED)  ## the same with every extra and the tools for tests

web: $(PAGE)  ## build the web page with npm (Node 20.19 or newer), into the package

web-test: $(PACKAGES)  ## types and tests of the page's own code
	cd web && npm run --silent check && npm test --silent

screenshots: $(PAGE) $(DEVELOPED)  ## every screen of the page as a picture in docs/page (trains a small model first)
	$(BIN)/python benchmarks/screenshots.py

test: lint  ## lint, types, import contracts and the fast tests (under ten minutes on two cores)
	$(PYTEST) -n $(JOBS) --dist worksteal -m "not slow and not broad"

test-slow: $(DEVELOPED)  ## only the slow tests
	$(PYTEST) -n $(JOBS) --dist worksteal -m "slow and not broad"

test-lessons: $(DEVELOPED)  ## every lesson, every solution, wrong answers with their hints, every command of the pages
	$(PYTEST) -q -n $(JOBS) --dist worksteal -m "not broad" tests/lessons tests/course tests/documents tests/cli/test_learn.py

test-all: lint  ## every test there is, wide sweeps and planted mistakes included
	HORNBOOK_HYPOTHESIS=broad $(PYTEST) -n $(JOBS) --dist worksteal
	$(BIN)/python -m tests.mutate.mutate --jobs $(JOBS)

lint: $(DEVELOPED)  ## ruff, mypy, the direction of imports (the house rules are tests: tests/gates)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -q -n 0 tests/gates/test_house.py

mutate: $(DEVELOPED)  ## plant one mistake at a time in the core; a survivor is a missing test
	$(BIN)/python -m tests.mutate.mutate --jobs $(JOBS)

golden: $(DEVELOPED)  ## write the golden files anew (help of the commands, recipes, presets); read the difference
	HORNBOOK_GOLDEN=rewrite $(PYTEST) -q -n 0 tests/gates/test_golden.py

docs: $(DEVELOPED)  ## the documentation as a site, in build/site; a link that leads nowhere is an error
	$(BIN)/python tools/make_reference.py
	$(BIN)/zensical build --strict

docs-verify: $(DEVELOPED)  ## every figure in the documentation: counted again, or held to docs/ledger
	$(BIN)/python -m tools.verify_figures $(if $(WRITE),--write $(WRITE),$(if $(MEASURE),--measure $(MEASURE)))

first-hour:  ## type the README's first hour in an empty environment; docs/first-hour.md is the log
	$(PYTHON) tools/first_hour.py

try-wheel: $(PAGE)  ## build a wheel, install it in empty environments, run quickstart, the page and every extra (minutes)
	$(PYTHON) tools/try_wheel.py

format: $(DEVELOPED)  ## let ruff write what it can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(DEVELOPED)  ## every benchmark beside its peers (about forty minutes; leave the machine alone)
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/training.py --small
	$(BIN)/python benchmarks/decoding.py
	$(BIN)/python benchmarks/continuous_batching.py
	$(BIN)/python benchmarks/preparing.py
	$(BIN)/python benchmarks/bytepair_training.py
	$(BIN)/hornbook bench ladder
	$(BIN)/hornbook bench growth

bench-gpu: $(DEVELOPED)  ## every benchmark that a GPU changes, and one table of them: docs/gpu.md (half an hour; needs a GPU)
	$(BIN)/python benchmarks/gpu.py --write docs/gpu.md

soak: $(DEVELOPED)  ## two hundred faults injected into small trainings; a table of how they ended (half an hour)
	@ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing faketime" && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends faketime >/dev/null; } || true
	$(BIN)/python benchmarks/soak.py --out soak.jsonl

fuzz: $(DEVELOPED)  ## a hundred thousand generated inputs to everything that is read; a table of what came of them (an hour)
	$(BIN)/python -m tests.fuzz --out fuzz.jsonl

ci: export HORNBOOK_REQUIRE_ALL := 1
ci: system web web-test lint docs docs-verify  ## what continuous integration runs: everything optional is required
	$(PYTEST) -n $(JOBS) --dist worksteal --durations 15 -m "not broad"

# The browser that tests drive, the compiler that torch.compile calls and the npm that builds the page, where Debian's
# packages can bring them.
system:
	@missing=""; \
	command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	command -v g++ >/dev/null || missing="$$missing g++"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	$(PYTHON) -c "import venv, ensurepip" 2>/dev/null || missing="$$missing python3-venv"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing$$missing"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	elif [ -n "$$missing" ]; then \
		echo "missing, and apt-get as root is not to be had here:$$missing"; exit 1; \
	fi

clean:  ## remove .venv, caches and builds; runs stay
	rm -rf $(VENV) web/node_modules src/hornbook/server/static build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(PACKAGES): web/package-lock.json
	@command -v npm >/dev/null || { echo "the page is built with npm (Node 20.19 or newer), and there is none on the PATH"; exit 1; }
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(PAGE): $(PACKAGES) $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json -type f 2>/dev/null)
	cd web && npm run --silent build

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "hornbook needs Python 3.11 or newer; $(PYTHON) is not. Name another: make demo PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "on Debian: apt-get install python3-venv"; exit 1; }

# Building without isolation takes setuptools from the same pins, and needs no network once it is there.
$(INSTALLED): | $(BIN)/python
	@echo "installing into $(VENV) (about a minute, once)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(PIP) install -q $(PIP_FLAGS) -c constraints.txt "setuptools>=77"
	$(PIP) install -q $(PIP_FLAGS) -c constraints.txt --no-build-isolation -e .
	@rm -f $(VENV)/installed-*
	@touch $@

# The dependency group is read here because pip learned to read it only in 25.1.
$(DEVELOPED): $(INSTALLED)
	$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['dependency-groups']['dev'], sep='\n')" > $(VENV)/dev.txt
	$(PIP) install -q $(PIP_FLAGS) -c constraints.txt --no-build-isolation -r $(VENV)/dev.txt -e ".[all]"
	@rm -f $(VENV)/developed-*
	@touch $@
