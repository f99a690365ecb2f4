# make run: the offline quickstart.  make test: everything that is quick.  make docs: the pages as a site.
# Each sets itself up in .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run test test-slow lint docs setup clean
.DEFAULT_GOAL := run

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Aspectra needs Python 3.11 or newer; name one: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up .venv (once; a few minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all]' --group dev
	@touch $@

run: setup
	@$(BIN)/aspectra run

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

# In their order, whose last files are short: by their number of tests, files with one long test would come last.
test: lint
	@$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

test-slow: setup
	@$(BIN)/python -m pytest -m slow

docs: setup
	@$(BIN)/mkdocs build --strict --quiet
	@echo "dist/site; to read and search it at http://127.0.0.1:8000: $(BIN)/mkdocs serve"

clean:
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
