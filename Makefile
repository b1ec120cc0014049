# Needs Python 3.11 or newer, pip and make. Everything else is set up here, inside this folder.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := install --quiet --disable-pip-version-check
# A pip that installs into another environment saves putting one into ours, which takes as long as the demo itself.
PIP_TAKES_PYTHON := import pip, sys; sys.exit([int(each) for each in pip.__version__.split(".")[:2]] < [22, 3])

# One more than there are processors, because many tests wait for a process or a clock.
WORKERS := $(shell $(PYTHON) -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')

.PHONY: test demo lint bench tasks soak interop browser bundle release-check clean

# Bytecode is kept, wherever it is switched off: each process would compile all tests, or the whole package, anew.
test: .venv/.dev .clients/.ready
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --cov \
		--ignore tests/interop/judges --ignore tests/browser

demo: .venv/.ready
	@PYTHONDONTWRITEBYTECODE= $(BIN)/textrequest-mcp demo

lint: .venv/.bench
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --warnings

bench: .venv/.bench
	$(BIN)/python tests/benchmarks/run.py

# Thirty everyday stories, with our tools and with the connector's alone: calls, tokens, questions, and what came true.
tasks: .venv/.bench
	$(BIN)/python -m tests.tasks.run

# Minutes of kills, faults, repeated calls and false orders; what `make test` does for seconds.
soak: .venv/.dev
	$(BIN)/python tests/faults/soak.py
	$(BIN)/python tests/live/soak.py
	EVERY_HOST=1 $(BIN)/python -m pytest --numprocesses 2 tests/obedient

# Agent frameworks work with real servers, and the judges of others judge them; `make test` leaves these out.
interop: .clients/.all
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile tests/interop/judges

# The desk's pages in a real browser: a person's way through them, an attacker's, and a passkey's. UPDATE_PICTURES=1 makes
# the pictures of docs/pictures anew.
browser: .venv/.browser
	$(BIN)/python -m pytest tests/browser

# The bundle for hosts that take one, such as Claude Desktop.
bundle:
	@$(PYTHON) release/bundle.py

# What keeps this version from being released; the wheel and the bundle are made and tried. OWNER=NAME writes the owner in.
release-check:
	@$(PYTHON) release/check.py --build $(if $(OWNER),--owner $(OWNER))

clean:
	rm -rf .venv .clients

# What the server itself needs, and nothing else; bytecode is made of what is used.
.venv/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "textrequest-mcp needs Python 3.11 or newer; name one with make PYTHON=...")'
	@if $(PYTHON) -c '$(PIP_TAKES_PYTHON)' 2>/dev/null; then \
		$(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python $(INSTALL) --no-compile --editable .; \
	else $(PYTHON) -m venv .venv && $(BIN)/python -m pip $(INSTALL) --no-compile --editable .; fi
	@touch $@

.venv/.dev: .venv/.ready
	@test -x $(BIN)/pip || $(BIN)/python -m ensurepip --default-pip >/dev/null
	@$(BIN)/pip $(INSTALL) --editable '.[dev]'
	@touch $@

.venv/.bench: .venv/.dev
	@$(BIN)/pip $(INSTALL) --editable '.[bench]'
	@touch $@

# Clients that others wrote, each in a place of its own; where they cannot be had, their tests say so and are skipped.
.clients/.ready: tests/interop/set_up.py | .venv/.dev
	@$(PYTHON) tests/interop/set_up.py .clients && touch $@

.clients/.all: tests/interop/set_up.py | .clients/.ready
	@$(PYTHON) tests/interop/set_up.py .clients all && touch $@

# Debian's browser, where apt is there and no other browser is; elsewhere the tests say so and are skipped.
.venv/.browser: | .venv/.dev
	@command -v chromium || command -v chromium-browser || command -v google-chrome || ! command -v apt-get || \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
		chromium fonts-dejavu-core >/dev/null; } || true
	@touch $@
