# make lab      installs what is missing and opens the course
# make test     installs the test tools too, and proves everything
# make clean    strips the outputs from the notebooks before a commit
# make outputs  runs the notebooks and stores the texts that are compared
# make answered ANSWERED=folder  writes the notebooks with the reference answers put in
# README.md has the same in plain commands.

VENV := .venv
PY := $(VENV)/bin/python

# The Python that makes the environment: 3.11 or newer. Choose another with: make lab PYTHON=/path/to/python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$p" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo "$$p" && break; done)

# On Linux the public index resolves torch to the CUDA build of several gigabytes; this one has the CPU build.
# It is tried for 3 seconds. Without an answer, or with "TORCH_INDEX=", pip's own settings decide.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
ANSWERS := import os, sys, threading, urllib.request; \
	clock = threading.Timer(3, os._exit, (1,)); clock.daemon = True; clock.start(); \
	urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=3); os._exit(0)

# More options for JupyterLab: make lab ARGS="--port=9000 --no-browser"
ARGS ?=
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

# Compiling everything at once takes longer than all else; what is used is compiled when it is first used.
PIP := --quiet --no-compile

# JupyterLab asks about no news and looks for no updates; it saves with a page what its pictures with controls are
# drawn from, so that they stand there when the page is opened again.
SETTINGS := $(VENV)/share/jupyter/lab/settings
NEWS := "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}
SAVED := "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": true}

# An environment that was moved with its folder, or has lost its Python, is made again.
HERE := $(CURDIR)
ifneq ($(shell "$(PY)" -c "print(open('$(VENV)/.course').read())" 2>/dev/null),$(HERE))
STALE := stale
endif

.PHONY: lab test clean outputs answered stale help lint imports unit browser pages

lab: $(VENV)/.course
	@mkdir -p $(SETTINGS) && echo '{$(NEWS), $(SAVED)}' > $(SETTINGS)/overrides.json
	@"$(PY)" -m jupyterlab $(ROOT_FLAG) --ServerApp.root_dir="$(HERE)" \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(ARGS)

test: lint imports unit browser pages

lint: $(VENV)/.tests
	"$(PY)" -m ruff check .
	"$(PY)" -m ruff format --check .
	"$(VENV)/bin/oxlint" --deny-warnings lib tests

imports: $(VENV)/.tests
	"$(PY)" -c "from importlinter.cli import lint_imports_command as lint; lint()" --no-logo --no-cache

unit: $(VENV)/.tests
	"$(PY)" -m pytest -n 2 --dist loadfile --cov --cov-report=json --ignore=tests/browser
	"$(PY)" tests/branches.py build/coverage.json

# The widgets in Chromium; by itself, since the driver keeps an event loop that other tests would trip over.
browser: $(VENV)/.tests
	"$(PY)" -m pytest -n 2 --dist loadfile tests/browser

# Every notebook as committed, then with the reference answers put in, where every exercise must say correct.
# The network is off for them, and what a learner did on this machine is left alone.
NBVAL = PYTHONPATH="$(HERE)/tests/notebooks/under_nbval" UNROLLED_PROGRESS="$(HERE)/build/pages/$(1).progress.json" \
	"$(PY)" -m pytest -c tests/notebooks/under_nbval/pytest.ini --rootdir=. -p watch -n 2 --dist loadscope \
	--record=build/pages/$(1)
pages: $(VENV)/.tests
	@rm -rf build/pages build/answered
	$(call NBVAL,committed) notebooks
	"$(PY)" tests/notebooks/editions.py answered build/answered
	$(call NBVAL,answered) build/answered

clean: $(VENV)/.course
	@"$(PY)" tests/notebooks/editions.py clean

outputs: $(VENV)/.course
	@"$(PY)" tests/notebooks/editions.py outputs

ANSWERED ?= build/answered
answered: $(VENV)/.course
	@"$(PY)" tests/notebooks/editions.py answered "$(ANSWERED)"

help:
	@sed -n '1,6s/^# //p' Makefile

# The stamp is written last, so that an interrupted installation is taken up again.
$(VENV)/.course: requirements.txt lib/pyproject.toml $(STALE)
	@rm -f $(VENV)/.course
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found. Install one, or name it: make lab PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' || { echo "$(PYTHON) is not Python 3.11 or newer. Name another: make lab PYTHON=/path/to/python"; exit 1; }
	@"$(PY)" -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	@if [ -n "$(TORCH_INDEX)" ] && "$(PY)" -c '$(ANSWERS)' "$(TORCH_INDEX)" 2>/dev/null; then \
		echo "Installing requirements.txt, a few minutes in which nothing is shown; torch comes from $(TORCH_INDEX)"; \
		"$(PY)" -m pip install $(PIP) --extra-index-url "$(TORCH_INDEX)" -r requirements.txt; \
	else \
		echo "Installing requirements.txt by pip's own settings, a few minutes in which nothing is shown"; \
		"$(PY)" -m pip install $(PIP) -r requirements.txt; \
	fi
	@"$(PY)" -m unrolled doctor || echo "README.md says what to do where something is wrong."
	@printf '%s' "$(HERE)" > $(VENV)/.course

$(VENV)/.tests: $(VENV)/.course tests/requirements.txt
	@rm -f $(VENV)/.tests
	@"$(PY)" -m pip install $(PIP) -r tests/requirements.txt
	@touch $(VENV)/.tests
