# make run     set up a virtual environment and run the main job on the reference scenario
# make test    set up and run the quick tests
# make check   lint and types          make test-all   everything, slow sets included
# make help    all targets

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile --require-hashes
OWN    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
PEER_PYTHON ?= python3.12
PEER_VENV   ?= .venv-peers
SCENARIO ?= scenarios/msc_hollow_fiber.toml

# Tests start hundreds of processes: what is compiled is kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-all check lint types bench bench-peers bench-quick draws coverage mutation bless scenarios validation pictures docs docs-check lock build clean
.DEFAULT_GOAL := help

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "exosim needs Python 3.11 or newer: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "this Python has no ensurepip: install it first (Debian: apt-get install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: locks/run.txt pyproject.toml | $(BIN)/python
	@$(PIP) -r locks/run.txt
	@$(OWN)
	@touch $@

$(VENV)/test.stamp: locks/test.txt $(VENV)/run.stamp
	@$(PIP) -r locks/test.txt
	@touch $@

$(VENV)/lint.stamp: locks/lint.txt $(VENV)/run.stamp
	@$(PIP) -r locks/lint.txt
	@touch $@

run: $(VENV)/run.stamp ## run the main job: a table and the paths of the pictures
	@$(BIN)/exosim yield $(SCENARIO)

test: $(VENV)/test.stamp ## run the quick tests
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

test-all: $(VENV)/test.stamp ## run all tests, slow sets included
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m ''

check: lint types ## lint and types

lint: $(VENV)/lint.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/lint.stamp $(VENV)/test.stamp
	@$(BIN)/mypy

bench-quick: $(VENV)/run.stamp ## time kernel and facility beside their goals (minutes); last line: JSON
	@$(BIN)/python benchmarks/quick.py

$(VENV)/bench.stamp: locks/bench.txt $(VENV)/run.stamp
	@$(PIP) -r locks/bench.txt
	@touch $@

bench: $(VENV)/bench.stamp ## time every part of kernel and facility (pytest-benchmark); with PEERS=1 other simulators too
	@$(BIN)/python -m pytest -q --benchmark-columns=min,median,iqr,rounds --benchmark-sort=name benchmarks
	@$(if $(PEERS),$(MAKE) --no-print-directory bench-peers)

$(PEER_VENV)/stamp: locks/peers.txt
	@$(PEER_PYTHON) -m venv $(PEER_VENV)
	@$(PEER_VENV)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r locks/peers.txt
	@touch $@

bench-peers: $(VENV)/run.stamp $(PEER_VENV)/stamp ## draws beside evaluations of BioSTEAM's and QSDsan's examples (minutes); last line: JSON
	@$(BIN)/python benchmarks/peers/compare.py $(PEER_VENV)/bin/python

draws: $(VENV)/run.stamp ## time and memory of DRAWS="1e3 1e4" draws into benchmarks/draws.csv, and their picture
	@$(BIN)/python benchmarks/draws.py $(DRAWS)

coverage: $(VENV)/test.stamp ## statement coverage of the quick tests
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal --cov --cov-report=term-missing:skip-covered

$(VENV)/mutation.stamp: locks/mutation.txt $(VENV)/test.stamp
	@$(PIP) -r locks/mutation.txt
	@touch $@

mutation: $(VENV)/mutation.stamp ## mutation score of exosim/physics (two minutes)
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children 2 > /dev/null
	@$(BIN)/mutmut results --all true | awk '/: (killed|timeout)/ {k++} /: survived/ {s++; print} \
	  END {printf "mutation score of exosim/physics: %d of %d (%.1f %%)\n", k, k + s, 100 * k / (k + s)}'

bless: $(VENV)/test.stamp ## write the golden files anew; then say so under "Numbers change" in CHANGELOG.md
	@EXOSIM_BLESS=1 $(BIN)/python -m pytest -q tests/test_golden.py tests/test_docs.py tests/test_volume_page.py tests/test_notebooks.py -k "golden or table or blocks or notebook"

scenarios: $(VENV)/run.stamp ## run every shipped scenario in full, with a report of each, into results/scenarios (minutes)
	@$(BIN)/python docs/all_scenarios.py

validation: $(VENV)/run.stamp ## run every published case and write the tables of docs/explanation/validation.md
	@$(BIN)/python tests/validation/write_page.py

pictures: $(VENV)/run.stamp ## draw the pictures of the documentation anew from the scenarios
	@$(BIN)/python docs/pictures.py

$(VENV)/docs.stamp: locks/docs.txt $(VENV)/run.stamp
	@$(PIP) -r locks/docs.txt
	@touch $@

docs: $(VENV)/docs.stamp ## build the documentation site into docs/_build/html; warnings are errors
	@$(BIN)/python -m sphinx -q -E -W --keep-going -b html docs docs/_build/html

docs-check: docs ## open every page of the site in headless Chromium, at desktop and phone width
	@$(BIN)/python -m pytest -q -m slow tests/test_site.py

lock: ## make the locks anew, without any index address in them (needs uv)
	@for part in run test lint mutation docs bench peers; do \
	  uv pip compile --quiet --universal --python-version $$([ $$part = peers ] && echo 3.12 || echo 3.11) --generate-hashes \
	    --no-header --no-annotate --no-emit-index-url locks/$$part.in -o locks/$$part.txt; done

build: $(VENV)/test.stamp ## build the wheel and the source distribution into dist/
	@$(BIN)/python -m build --no-isolation

clean: ## remove the virtual environment and what tools leave behind
	rm -rf $(VENV) $(PEER_VENV) .benchmarks dist build docs/_build docs/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage mutants
