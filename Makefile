# Targets for development and installation; `make` lists them. Most of them set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Keep compiled bytecode, whatever the shell's environment says: tests start many commands.
unexport PYTHONDONTWRITEBYTECODE

# How `make check` runs the tests: `test`, or `coverage` as CI does.
TESTS ?= test
TOGETHER := --dist loadfile --no-loadscope-reorder
FAST := $(BIN)/pytest -q -x -m "not slow" --hypothesis-profile=fast --capture=sys \
  $(patsubst %,-p no:%,xdist logging cacheprovider doctest unittest junitxml)

.DEFAULT_GOAL := help
.PHONY: help setup prepare install demo test fast slow containers check coverage dead golden docs pictures lock bench chaos clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## install the locked packages, with development tools, into .venv (only if something changed)

# The running program does not change until the new one is complete: see deploy/install.sh.
prepare: ## build a production release next to the running one; `make install` then switches to it at once
	@$(PYTHON_FOUND)
	@sh deploy/install.sh $(PYTHON) prepare

install: ## install a production release, and make .venv a link to it (only if something changed)
	@$(PYTHON_FOUND)
	@sh deploy/install.sh $(PYTHON)

define PYTHON_FOUND
$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
  { echo "make: $(PYTHON) is missing or not Python 3.11 to 3.13; choose another: make PYTHON=python3.12 $@" >&2; exit 1; }; \
$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
  { echo "make: $(PYTHON) cannot create virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
endef
# Recreate an environment that was moved, or whose Python or pip is missing; also replace the link to a production release.
define ENVIRONMENT
$(PYTHON_FOUND); \
if [ -L .venv ]; then rm .venv; fi; \
[ "$$($(BIN)/python -c 'import pip, sys; print(sys.prefix)' 2>/dev/null)" = "$(CURDIR)/.venv" ] || $(PYTHON) -m venv --clear .venv; \
echo "Installing into .venv (a minute or two the first time) ..."
endef
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

$(READY): requirements.lock pyproject.toml
	@$(ENVIRONMENT)
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## run the whole product offline; everything it writes is in demo/
	@$(BIN)/watcher demo

# More processes than processors, since tests wait for schedules, limits and servers. Each further process imports, collects
# and compiles again: four processes use a tenth more processor time than three, and a quarter more than two.
test: $(READY) ## run all tests except the long ones; tests whose requirements are missing are skipped and listed
	$(BIN)/pytest -n 3 $(TOGETHER) -m "not slow and not containers"

# Two processes that take about equally long: xdist would take as long to start as the tests do.
fast: $(READY) ## run only the tests of the pure core, in seconds
	@output=$$(mktemp); trap 'rm -f "$$output"' EXIT; $(FAST) tests/watcher/parse tests/watcher/judge >"$$output" 2>&1 & parse=$$!; \
	$(FAST) tests/watcher/model tests/watcher/diff tests/watcher/test_pipeline.py; others=$$?; \
	wait $$parse; status=$$?; cat "$$output"; [ $$status = 0 ] && exit $$others

slow: $(READY) ## run the long tests: floods of edits, growth of cost, many random texts, killed processes
	$(BIN)/pytest -n 3 $(TOGETHER) -m "(slow or hypothesis) and not containers" --hypothesis-profile=slow

containers: $(READY) ## test the image, the compose stack and booted machines, as root; takes some minutes
	$(BIN)/pytest -n 4 --dist loadscope -m "containers and not slow" tests/deploy/test_containers.py tests/deploy/test_booted_machine.py tests/deploy/test_booted_machines.py

coverage: $(READY) ## run `make test`, and fail if a package has less than 90 % branch coverage
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n 3 $(TOGETHER) -m "not slow and not containers"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/python -m tests.coverage

dead: $(READY) ## list unused code
	@$(BIN)/python -m tests.dead_code

# Every step runs even if an earlier one fails, so that one run shows all problems.
check: $(READY) ## check format, lint, types, imports, dead code, README, tests; CI then runs `make slow` as well
	@failed=; for step in "ruff format --check ." "ruff check ." mypy lint-imports "python -m tests.dead_code" "python -m tests.readme"; do \
	  echo "== $$step"; $(BIN)/$$step || failed="$$failed [$$step]"; done; \
	$(MAKE) --no-print-directory $(TESTS) || failed="$$failed [$(TESTS)]"; \
	[ -z "$$failed" ] || { echo "make check: failed:$$failed" >&2; exit 1; }

golden: $(READY) ## update the expected findings in tests/golden and show what changed
	@$(BIN)/pytest -q tests/test_golden.py -k verdict --update-golden
	@git --no-pager diff --stat -- tests/golden

docs: $(READY) ## write the generated parts of the README pages
	@$(BIN)/python -m tests.readme --write

pictures: $(READY) ## retake the screenshots in deploy/pictures, and those of every page at three widths in pictures/
	@$(BIN)/python -m tests.pictures

lock: ## update requirements.lock and deploy/requirements.lock (without dev) from pyproject.toml
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(PYTHON) -m venv "$$folder"; "$$folder/bin/pip" install --quiet --disable-pip-version-check uv; \
	"$$folder/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --extra dev pyproject.toml -o requirements.lock; \
	"$$folder/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --extra build --constraint requirements.lock pyproject.toml -o deploy/requirements.lock

bench: $(READY) ## run the benchmarks; those without their data say so
	@for script in tests/benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || true; done

chaos: $(READY) ## make workers, servers and the wiki fail for ten minutes while 500 pages change
	@$(BIN)/python -m tests.chaos.run

clean: ## remove generated files: .venv, caches, demo/
	rm -rf .venv .venvs demo pictures .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
