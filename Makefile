# Two targets do all the set-up: `make demo` and `make test`. Without make, see "Without make" in README.md.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
JOBS ?= auto

.PHONY: demo test docs site sbom dist-check install install-test format bench clean

demo: install
	@$(BIN)/preflight check examples/create-endpoint.json --snapshot examples/snapshot.json \
	  --principal arn:aws:iam::111122223333:role/deployer --region us-east-1

test: install-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@sh tools/browser.sh
	$(BIN)/pytest -n $(JOBS)

# Whatever is generated from rules and from what commands print. Read the difference before you commit it.
docs: install-test
	$(BIN)/python tools/rule_index.py
	$(BIN)/python tools/rules_page.py
	$(BIN)/python tools/permissions_page.py
	$(BIN)/python tools/precision.py
	$(BIN)/python -m tests.report.rewrite
	$(BIN)/python tools/printed.py

# The site, in build/site/html. Its generator is installed for it alone.
site: install-test
	$(BIN)/python -m pip install -q -c constraints.txt zensical
	$(BIN)/python tools/site_pages.py build/site/pages
	$(BIN)/zensical build --strict

# What a default install brings along, as a CycloneDX document: build/preflight.cdx.json.
sbom: install
	rm -rf build/sbom && $(BIN)/python -m venv build/sbom/preflight && $(BIN)/python -m venv build/sbom/tool
	build/sbom/preflight/bin/python -m pip install -q -c constraints.txt .
	build/sbom/tool/bin/python -m pip install -q cyclonedx-bom
	build/sbom/tool/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
	  --output-reproducible -o build/preflight.cdx.json build/sbom/preflight/bin/python

# The wheel and the sdist, each in an empty environment: make dist-check PYTHONS="python3.11 python3.13".
dist-check: install-test
	$(BIN)/python tools/dist_check.py $(PYTHONS)

format: install-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-test
	$(BIN)/python -m benchmarks

install: $(VENV)/.installed
install-test: $(VENV)/.installed-test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "preflight needs Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
