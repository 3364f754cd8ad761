# make         set up .venv if it is missing, reproduce the default table and print it
# make test    the whole test suite;  make lint  formatting, types and style
PYTHON ?= python3
CORES ?= $(shell nproc)
TABLE ?= table_7_2c
VENV := .venv
READY := $(VENV)/.ready

.PHONY: all test lint clean
all: $(READY)
	$(VENV)/bin/snakemake -c$(CORES) -- $(TABLE)
	$(VENV)/bin/longvideo show $(TABLE)

test: $(READY)
	$(VENV)/bin/python -m pytest -n $(CORES) --dist loadscope --no-loadscope-reorder

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/snakefmt --check Snakefile workflow

clean:
	rm -rf results/mini results/smoke .snakemake

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "longvideo: expected Python 3.11 or newer, found " + sys.version.split()[0] + "; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
