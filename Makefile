# make demo    watch the robots handle 40 applications in the practice municipality; CASE_SYSTEM=web takes its case system in a browser
# make setup   install what the robots and the practice municipality need
# make packages as root: only Debian's part of it, for an account that may not use sudo
# make test    every test, also those in a real browser and on a real (virtual) desktop
# make bench   how fast the parts are that must be fast, each against its limit
# make hostile the robot against every hostile switch of the practice systems, with a table of how its cases ended
# make chaos   the robot killed more than 300 times while it handles 200 applications, and all that it works with killed too, with tables of what has come of it
# make privacy a thousand identities through runs of all kinds, and a search for each in all that was written outside the casebook
# make check   format, lint, types, layers, dead code and the quick tests
# make format  put the code into the form that make check wants
# make lock    write requirements.lock anew from the ranges in pyproject.toml

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
FOREIGN_INSTALLED := $(VENV)/foreign/.installed
RIVALS_INSTALLED := $(VENV)/rivals/.installed

# The desk (virtual screen, window manager, accessibility bus), the browser, what Qt and Tk load, and LibreOffice for the tests.
SYSTEM_PACKAGES := xvfb openbox at-spi2-core dbus fonts-dejavu-core chromium-headless-shell libnss3-tools \
	libegl1 libgl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 libatomic1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 \
	libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 libtk8.6 git
# Debian's Python comes without these.
PYTHON_PACKAGES = $(shell $(PYTHON) -c 'import ensurepip, tkinter' 2>/dev/null || echo python3-venv python3-tk)
TEST_PACKAGES := libreoffice-calc openssl python3-uno poppler-utils postgresql tesseract-ocr tesseract-ocr-swe
# Debian's part of the programs that nobody here wrote (tests/foreign); GTK for Python, which they bring, is also used by other tests.
FOREIGN_PACKAGES := tryton-client tryton-server tryton-modules-party python3-gi gir1.2-gtk-3.0
# Other libraries for screens and toolkits for forms, for the benchmarks only.
BENCH_PACKAGES := chromium chromium-driver openjdk-17-jre openjdk-17-jdk-headless libatk-wrapper-java libatk-wrapper-java-jni xclip

.PHONY: help setup packages setup-tests demo test bench hostile chaos privacy check format lock
help:
	@sed -n '/^$$/q; s/^# //p' Makefile

# $(call install,PACKAGES): install what is missing, as root or through sudo; otherwise say what an administrator must do.
define install
	missing=""; for package in $(1); do dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then sudo="sudo"; else \
			echo "Kollega needs Debian packages that are not installed. Ask an administrator of this machine to run as root, then do this again:"; \
			echo "    apt-get update && apt-get install --no-install-recommends$$missing"; exit 3; fi; \
		echo "Installing$$missing"; \
		log=$$(mktemp); \
		{ $$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -q -y --no-install-recommends $$missing; } >$$log 2>&1 \
			|| { tail -20 $$log; echo "The packages could not be installed; the lines above say why."; exit 3; }; \
		rm -f $$log; \
	fi
endef

setup: $(INSTALLED)
	@$(call install,$(SYSTEM_PACKAGES))

# All at once, so that an administrator is asked once.
packages:
	@$(call install,$(SYSTEM_PACKAGES) $(PYTHON_PACKAGES))

setup-tests: setup $(FOREIGN_INSTALLED)
	@$(call install,$(TEST_PACKAGES))

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Kollega needs Python 3.11, 3.12 or 3.13; set PYTHON=... to one."; exit 3; }
	@$(call install,$(SYSTEM_PACKAGES) $(PYTHON_PACKAGES))
	@echo "Installing the Python packages into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@# Without warnings, since pip tells of each package how it will be built one day, which is nothing to act on.
	@$(BIN)/python -W ignore -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# A clone is open to all who use the machine; what the robot writes is not.
	@mkdir -p logs && chmod -R go-rwx logs
	@touch $@

# The programs that nobody here wrote; where one can't be had, its tests are skipped and say why, and the next time it is tried again.
$(FOREIGN_INSTALLED): tests/foreign/requirements.txt | $(INSTALLED)
	@echo "Installing the programs that tests/foreign drives, the web programs into $(VENV)/foreign"
	@( $(call install,$(FOREIGN_PACKAGES)) ) && $(PYTHON) -m venv $(VENV)/foreign \
		&& $(VENV)/foreign/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $< \
		&& touch $@ || echo "Not all of them can be had; the tests of those that are missing will be skipped."

demo: setup
	@$(BIN)/kollega demo $(if $(CASE_SYSTEM),--case-system $(CASE_SYSTEM)) $(ARGS)

# The quick tests on all cores first, then some at a time those that need a browser, a desk or the durable engine (tests/conftest.py).
QUICK := not browser and not desktop and not durable
test: setup-tests
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest -m "$(QUICK)"
	@$(BIN)/python -m pytest -m "browser or desktop or durable" --dist worksteal
else
	@$(BIN)/python -m pytest $(ARGS)
endif

# What can't be had is left out of the tables, which say why, and the next time it is tried again. One of the packages leaves tests of its own where
# Python would take them for ours.
$(RIVALS_INSTALLED): tests/benchmarks/rivals.txt | $(INSTALLED)
	@echo "Installing what the benchmarks measure the robot beside, the Python packages into $(VENV)/rivals"
	@( $(call install,$(BENCH_PACKAGES)) ) && $(PYTHON) -m venv $(VENV)/rivals \
		&& $(VENV)/rivals/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $< \
		&& rm -rf $(VENV)/rivals/lib/python*/site-packages/tests && touch $@ \
		|| echo "Not all of them can be had; the tables will say which are missing."

bench: setup-tests $(RIVALS_INSTALLED)
	@$(BIN)/python -m pytest tests/benchmarks -q $(ARGS)

hostile: setup-tests
	@$(BIN)/python -m pytest tests/test_hostile.py -q -s -m hostile $(ARGS)

chaos: setup
	@$(BIN)/python -m tests.chaos $(ARGS)

privacy: setup-tests
	@$(BIN)/python -m tests.privacy $(ARGS)

check: setup
	$(BIN)/ruff format --check robots tests
	$(BIN)/ruff check robots tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/python -m pytest -q -m "$(QUICK)"

format: setup
	$(BIN)/ruff format robots tests
	$(BIN)/ruff check --fix robots tests

lock:
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	@$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate \
		--extra practice --extra dev --extra build --output-file requirements.lock pyproject.toml
