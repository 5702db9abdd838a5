# warroom: every target builds .venv by itself; nothing but Python 3.11+, pip, make and git is needed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin

# Thousands of processes run in the tests: each module of the project is compiled once, not by each of them.
unexport PYTHONDONTWRITEBYTECODE

PAGES  := mkdocs-material==9.8.1
.PHONY: docs help demo test check lint types contracts pytest alone soak sbom mutate bench bench-analysis bench-editor lock venv servers clean reference pictures
help:
	@echo "make demo     build .venv, open the console on a live incident"
	@echo "make test     build .venv, run ruff, mypy, the import contracts and the tests"
	@echo "make check    the same without the tests"
	@echo "make bench    measure against lnav, less, ripgrep, toolong (tl) ... where installed; writes docs/benchmarks.md"
	@echo "              BENCH='--size 100M' for a small run, BENCH='--soak 600' for memory over ten minutes"
	@echo "make soak     the long campaigns, one after the other; goes on where it was cut. SOAK='--only kills --share 0.1'"
	@echo "make sbom     list every package with version, hashes and licence in dist/sbom.json"
	@echo "make mutate   change the core in small ways, count what its tests notice. MUTATE='--count 60 --seed 1'"
	@echo "make servers  install the real servers some tests drive (Debian, as root)"
	@echo "make reference, make pictures   write docs/reference and docs/pictures again"
	@echo "make docs     build docs/ as pages in site/, strictly (mkdocs, in a .venv-docs of its own)"
	@echo "make venv     only build .venv"

demo: $(VENV)/.run
	$(BIN)/warroom demo

test: check pytest
check: lint types contracts
lint: $(VENV)/.dev
	$(BIN)/ruff check src tests scripts
	$(BIN)/ruff format --check src tests scripts
types: $(VENV)/.dev
	$(BIN)/mypy
contracts: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache
pytest: $(VENV)/.dev
	$(BIN)/pytest -q -n 4 --dist worksteal -m "not soak" tests || { test $$? = 1 && $(MAKE) --no-print-directory alone; }
# Four workers on two cores, as most tests wait more than they work. Real terminals and servers have
# time limits that a crowd can exceed: what failed there is named, and must pass by itself.
alone: $(VENV)/.dev
	@echo "what failed in the crowd, once more and alone:"
	$(BIN)/pytest -v --last-failed --last-failed-no-failures none -m "not soak" tests
soak: $(VENV)/.dev
	$(BIN)/python scripts/soak.py $(SOAK)
bench: $(VENV)/.dev
	$(BIN)/python scripts/bench.py $(BENCH)
bench-analysis: $(VENV)/.dev
	$(BIN)/python scripts/bench_analysis.py --write

bench-editor: $(VENV)/.dev
	$(BIN)/python scripts/bench_editor.py --write docs/benchmarks-editor.md

# What a release consists of, and how much of a change in the core its tests notice.
sbom: $(VENV)/.dev
	$(BIN)/python scripts/sbom.py
mutate: $(VENV)/.dev
	$(BIN)/python scripts/mutate.py $(MUTATE)

reference: $(VENV)/.dev
	$(BIN)/python scripts/reference.py
pictures: $(VENV)/.dev
	$(BIN)/python scripts/pictures.py

docs: $(VENV)/.run
	test -x .venv-docs/bin/mkdocs || { $(BIN)/python -m venv .venv-docs && .venv-docs/bin/pip install -q $(PAGES); }
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

venv: $(VENV)/.run

# What must exist before a virtual environment can: said plainly, one line each.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "warroom needs Python 3.11 or newer: python3 was not found on PATH" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "warroom needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot build a virtual environment. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@command -v git >/dev/null || { echo "git was not found on PATH. On Debian or Ubuntu: apt-get install git" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

servers:
	@sh scripts/servers.sh

lock:
	uv export -q --no-emit-project --no-header --no-annotate --no-dev --extra postgres --extra zstd -o requirements.lock
	uv export -q --no-emit-project --no-header --no-annotate --all-extras -o requirements-dev.lock
	sed -i '1i # Runtime dependencies with extras postgres and zstd, exact and hashed. Made by `make lock` from pyproject.toml.' requirements.lock
	sed -i '1i # Everything `make test` needs, exact and hashed. Made by `make lock` from pyproject.toml.' requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
