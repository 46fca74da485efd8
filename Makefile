# Every command sets up what it needs first; a second call finds it ready.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PORT ?= 8000
export FLASK_APP := wsgi.py
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run code dev test lint format bench drill screenshots lock clean

help: ## these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run ## the portal with demo data at http://127.0.0.1:8000 (PORT=… changes it)
	@JOBS=$${JOBS:-queue} exec $(BIN)/flask serve

code: $(VENV)/.run ## the second factor of a demo clerk (LOGIN=operator, manager or admin)
	@$(BIN)/flask staff-code $(or $(LOGIN),operator)

dev: $(VENV)/.run ## the same with reload, for work on the code
	@$(BIN)/flask prepare
	@exec $(BIN)/flask run --debug --port $(PORT)

# The Nu checker of HTML, which a test runs where it is there.
VNU := vnu-jar-26.9.27
VNU_SHA256 := 22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47
$(VENV)/vnu.jar: $(VENV)/bin/python
	@cd $(VENV) && npm pack --silent vnu-jar@$(VNU:vnu-jar-%=%) >/dev/null && \
	  tar -xzf $(VNU).tgz --strip-components=3 package/build/dist/vnu.jar && rm $(VNU).tgz && \
	  echo '$(VNU_SHA256)  vnu.jar' | sha256sum --check --quiet && touch vnu.jar

test: $(VENV)/.dev ## all tests; REQUIRE_ALL=1 fails where a browser or PostgreSQL is missing
	@$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

lint: $(VENV)/.dev ## style, types, layers, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint templates --lint --quiet

format: $(VENV)/.dev ## put the code into shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

bench: $(VENV)/.dev ## speed and weight, as ratios in one run
	@$(BIN)/python -m tests.bench

drill: $(VENV)/.dev $(VENV)/.scale ## proofs of reliability, an hour; PART=machines for one, SECONDS=600 of load
	@$(BIN)/python -m tests.drills --seconds $(or $(SECONDS),600) $(PART)

screenshots: $(VENV)/.dev ## take the pictures of «Руководство» anew; needs Chromium
	@$(BIN)/python -m tests.browser.screenshots

lock: $(VENV)/.dev ## pin dependencies anew after a change of requirements*.in
	@for name in requirements requirements-scale requirements-dev; do \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --no-emit-find-links --quiet $$name.in -o $$name.txt; done

clean: ## remove the virtual environment and caches; data stay
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed (PYTHON=…)'; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.txt
	@echo 'Setting up …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

# With PostgreSQL, Redis or S3: make .venv/.scale
$(VENV)/.scale: $(VENV)/.run requirements-scale.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-scale.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
