# make run     set up a virtual environment and run the main job on the reference scenario
# make test    set up and run the quick tests
# make check   lint and types          make test-all   everything, slow sets included
# make help    all targets

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile --require-hashes
OWN    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
SCENARIO ?= scenarios/msc_hollow_fiber.toml

.PHONY: help run test test-all check lint types bench-quick coverage mutation bless validation pictures docs docs-check lock build clean
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
	@$(BIN)/python -m pytest -q -n 2

test-all: $(VENV)/test.stamp ## run all tests, slow sets included
	@$(BIN)/python -m pytest -q -n 2 -m ''

check: lint types ## lint and types

lint: $(VENV)/lint.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/lint.stamp $(VENV)/test.stamp
	@$(BIN)/mypy

bench-quick: $(VENV)/run.stamp ## time kernel and facility beside their goals (minutes); last line: JSON
	@$(BIN)/python benchmarks/quick.py

coverage: $(VENV)/test.stamp ## statement coverage of the quick tests
	@$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term-missing:skip-covered

$(VENV)/mutation.stamp: locks/mutation.txt $(VENV)/test.stamp
	@$(PIP) -r locks/mutation.txt
	@touch $@

mutation: $(VENV)/mutation.stamp ## mutation score of exosim/physics (two minutes)
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children 2 > /dev/null
	@$(BIN)/mutmut results --all true | awk '/: (killed|timeout)/ {k++} /: survived/ {s++; print} \
	  END {printf "mutation score of exosim/physics: %d of %d (%.1f %%)\n", k, k + s, 100 * k / (k + s)}'

bless: $(VENV)/test.stamp ## write the golden files anew; then say so under "Numbers change" in CHANGELOG.md
	@EXOSIM_BLESS=1 $(BIN)/python -m pytest -q tests/test_golden.py tests/test_docs.py tests/test_notebooks.py -k "golden or table or blocks or notebook"

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
	@for part in run test lint mutation docs; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url locks/$$part.in -o locks/$$part.txt; done

build: $(VENV)/test.stamp ## build the wheel and the source distribution into dist/
	@$(BIN)/python -m build --no-isolation

clean: ## remove the virtual environment and what tools leave behind
	rm -rf $(VENV) dist build docs/_build docs/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage mutants
