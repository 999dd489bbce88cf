# `make help` lists what can be done. Nothing has to be installed first but Python 3.11 or newer: the virtual
# environment is made, and made again when a requirements file changes.

.DEFAULT_GOAL := help
SHELL := /bin/sh

ifndef PYTHON
PYTHON := $(shell for it in python3.13 python3.12 python3.11 python3; do \
	$$it -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$it && break; done)
endif
VENV := .venv
RUN := $(VENV)/bin/python -m
READY := $(VENV)/.ready
TOOLS := .tools

.PHONY: help run demo test coverage check bench soak pictures format package check-package deploy destroy try-deploy \
	rotate-keys import reapply-closures dead-letters cost lock licences sbom audit clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) ## everything on this machine: desk, panel, SMTP (PORT, PANEL_PORT, SMTP_PORT; DATA keeps)
	@exec $(RUN) infra.local

demo: $(READY) ## plays both cases of the guide, line by line
	@$(RUN) infra.demo

test: $(READY) ## every test
	@$(RUN) pytest -n 2 --dist worksteal

coverage: $(READY) ## every test, with the lines and branches that none reaches; the total last (TESTS=tests/tickets: those only)
	@$(RUN) pytest -n 2 --dist worksteal --cov --cov-report= $(TESTS); ended=$$?; $(RUN) coverage report; \
	echo "lines and branches reached: $$($(RUN) coverage report --format=total) %"; exit $$ended

check: $(READY) ## what CI runs: format, lint, imports, types, templates, tests
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(VENV)/bin/lint-imports
	@$(RUN) mypy
	@$(RUN) infra.check
	@$(RUN) pip check
	@$(RUN) pytest -n 2 --dist worksteal

bench: $(READY) $(TOOLS)/.ready ## cold starts, load, pages, letters (MAIL=folder of *.eml); WRITE=1: into docs/results.md
	@$(RUN) infra.bench $(if $(WRITE),--write) $(if $(MAIL),--mail "$(MAIL)")

soak: $(READY) ## faults at every call, races, restarts, any request: at most half an hour on two cores
	@$(RUN) tests.faults.soak

pictures: $(READY) ## takes the pictures of README from a desk that runs (needs Chromium)
	@$(RUN) infra.pictures

format: $(READY) ## writes the code as `check` wants it
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

package: $(READY) ## builds what is deployed, in build/ (needs Python 3.12 or newer)
	@$(RUN) infra.package

check-package: $(READY) ## the zip alone runs every function, in fresh interpreters (this machine's architecture)
	@$(RUN) infra.check_package

deploy: package ## brings STAGE=prod to AWS, or to AWS_ENDPOINT_URL, as infra/stages/prod.toml wants it (YES=1: unasked)
	@test -n "$(STAGE)" || { echo "Which stage? make deploy STAGE=prod"; exit 2; }
	@$(RUN) infra.deploy "$(STAGE)" $(if $(YES),--yes)

destroy: $(READY) ## takes the app of STAGE=prod away; what holds data stays (FOUNDATIONS=1: asks for those too)
	@test -n "$(STAGE)" || { echo "Which stage? make destroy STAGE=prod"; exit 2; }
	@$(RUN) infra.destroy "$(STAGE)" $(if $(YES),--yes) $(if $(FOUNDATIONS),--foundations)

rotate-keys: $(READY) ## adds a key to STAGE=prod, then USE=1 uses it: NAME=keys or NAME=receipt-keys; deploy after each
	@test -n "$(STAGE)" -a -n "$(NAME)" || { echo "Which? make rotate-keys STAGE=prod NAME=keys"; exit 2; }
	@$(RUN) infra.rotate_keys "$(STAGE)" "$(NAME)" $(if $(USE),--use)

try-deploy: $(READY) ## deploys to MiniStack on this machine, three times, and asks the desk there
	@$(RUN) infra.try_deploy

import: $(READY) ## accounts from elsewhere: FILE=accounts.csv, of the deployed desk STAGE=prod
	@test -n "$(FILE)" || { echo "Which file? make import FILE=accounts.csv"; exit 2; }
	@$(RUN) infra.import_accounts "$(FILE)" $(if $(STAGE),--stage "$(STAGE)")

reapply-closures: $(READY) ## after a restore: looks again at what was closed SINCE=2026-11-01; REOPEN=1, ERASE=1, STAGE=prod
	@test -n "$(SINCE)" || { echo "Since which day? make reapply-closures SINCE=2026-11-01"; exit 2; }
	@$(RUN) infra.reapply_closures --since "$(SINCE)" $(if $(STAGE),--stage "$(STAGE)") \
		$(if $(ERASE),--erase,$(if $(REOPEN),--reopen))

dead-letters: $(READY) ## what was given up, in words: STAGE=prod; REPLAY=1 hands it over once more
	@$(RUN) infra.dead_letters $(if $(STAGE),--stage "$(STAGE)") $(if $(REPLAY),--replay)

cost: $(READY) ## what a closure, 1,000 letters and an idle month cost on AWS; WRITE=1 lays it into docs/cost.md
	@$(RUN) infra.cost $(if $(WRITE),--write)

LOCK := $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

lock: $(TOOLS)/.ready ## pins anew what comes with each requirements.in, with hashes for every platform
	@$(LOCK) --output-file requirements.txt requirements.in
	@$(LOCK) --constraint requirements.txt --output-file tests/requirements.txt tests/requirements.in
	@$(LOCK) --output-file infra/tools.txt infra/tools.in

licences: $(READY) ## writes docs/licences.md: under what licence each package comes
	@$(RUN) infra.licences

sbom: $(TOOLS)/.ready ## writes build/sbom.json (CycloneDX): what is deployed beside our own code
	@mkdir -p build
	@$(TOOLS)/bin/cyclonedx-py requirements --output-format JSON --output-reproducible -o build/sbom.json requirements.txt
	@echo build/sbom.json

audit: $(TOOLS)/.ready ## asks whether a pinned package has a known weakness (needs the network)
	@$(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes -r tests/requirements.txt

clean: ## takes away the virtual environment and what was built
	rm -rf $(VENV) $(TOOLS) build

$(READY): requirements.txt tests/requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3 names one."; exit 1; }
	@test -x $(VENV)/bin/python || { echo "making the virtual environment (about half a minute)"; $(PYTHON) -m venv $(VENV); }
	@$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r tests/requirements.txt
	@touch $@

$(TOOLS)/.ready: infra/tools.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3 names one."; exit 1; }
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r infra/tools.txt
	@touch $@
