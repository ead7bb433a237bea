# Every target sets up what it needs: Python 3.11 or later, make and git are enough.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# The tests run in as many processes as there are processors.
AT_ONCE := --numprocesses auto --dist worksteal
CASES ?= 200000
SAMPLE ?= 200
SECONDS ?= 60
FIRST ?= 0
LAST ?= 5000

.PHONY: ask test lint slow coverage fuzz fuzz-readers fuzz-text fuzz-residual bench peers mutants \
	browser clean

# Can a role create AppFlow's secrets, by the policy of AppFlow's documentation?
ask: $(VENV)/installed
	$(VENV)/bin/policy-eval check appflow-secrets -p fixtures/appflow/appflow-doc.json
	@echo
	$(VENV)/bin/can-i secretsmanager:CreateSecret \
		--as arn:aws:iam::111122223333:role/Dev -p fixtures/appflow/appflow-doc.json \
		-c secretsmanager:Name='appflow!sales' -c aws:CalledVia=appflow.amazonaws.com --explain

test: $(VENV)/installed-for-development
	$(RUN) -m pytest $(AT_ONCE)

lint: $(VENV)/installed-for-development
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# Builds and installs the package in every way, and opens pages in a browser; needs the package
# index.
slow: $(VENV)/installed-for-development browser
	$(RUN) -m pytest -m slow

# A browser for the pages that we write, where there is npm; without one their tests are skipped.
browser:
	@if command -v npm >/dev/null; then \
		npm install --silent --prefix .browser --no-save @sparticuz/chromium@147.0.0 \
			puppeteer-core@24.43.1; \
	else echo "no npm: no browser is installed"; fi

coverage: $(VENV)/installed-for-development
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m pytest $(AT_ONCE)
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report

# The engines against the oracle on CASES generated cases, from SEED on.
fuzz: $(VENV)/installed-for-development
	$(RUN) -m tests.oracle.fuzz $(CASES) $(SEED)

# The JSON readers and the search for problems on CASES generated texts.
fuzz-readers: $(VENV)/installed-for-development
	$(RUN) -m tests.property $(CASES)

# Bytes that break a reader, looked for during SECONDS, guided by coverage.
fuzz-text: $(VENV)/installed-for-development
	$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(RUN) -m tests.fuzz $(SECONDS)

# What answers hang on against full evaluation, in the generated worlds from FIRST to LAST.
fuzz-residual: $(VENV)/installed-for-development
	$(RUN) -m tests.engine.residual $(FIRST) $(LAST)

bench: $(VENV)/installed-for-development
	$(RUN) -m benchmarks

# What `make bench` measures beside ours, each in an environment of its own. Needs Node.js, too.
peers:
	$(PYTHON) -m venv .peers/python
	.peers/python/bin/python -m pip install --quiet --disable-pip-version-check cedarpy==4.12.2 \
		duckdb==2.0.1 polars==2.1.0
	$(PYTHON) -m venv .peers/casbin
	.peers/casbin/bin/python -m pip install --quiet --disable-pip-version-check pycasbin==2.8.0
	$(PYTHON) -m venv .peers/principalmapper
	.peers/principalmapper/bin/python -m pip install --quiet --disable-pip-version-check \
		principalmapper==1.1.5
	npm install --silent --prefix .peers --no-save @cloud-copilot/iam-simulate@0.1.173

# Mutates a copy of the checkout: SAMPLE mutants of what decides, and who notices.
mutants: $(VENV)/installed-for-development
	$(RUN) -m tests.mutation $(SAMPLE)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/installed-for-development: pyproject.toml | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .browser build dist mutants *.egg-info
