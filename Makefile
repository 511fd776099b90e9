# Targets for developers and installations; `make` lists them. Most of them set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# What was compiled once is kept, whatever the shell says: tests start many commands.
unexport PYTHONDONTWRITEBYTECODE

# How `make check` runs the tests: `test`, or `coverage` as CI does.
TESTS ?= test
TOGETHER := --dist loadfile --no-loadscope-reorder
FAST := $(BIN)/pytest -q -x -m "not slow" --hypothesis-profile=fast --capture=sys \
  $(patsubst %,-p no:%,xdist logging cacheprovider doctest unittest junitxml)

.DEFAULT_GOAL := help
.PHONY: help setup prepare install demo test fast slow containers check coverage dead golden docs pictures lock bench chaos clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## install what is locked, with development tools, into .venv (only when something changed)

# The running program does not change until the new one is complete: see deploy/install.sh.
prepare: ## build what production needs beside the program that runs; `make install` then switches to it at once
	@$(PYTHON_FOUND)
	@sh deploy/install.sh $(PYTHON) prepare

install: ## install what production needs, and let .venv be a link to it (only when something changed)
	@$(PYTHON_FOUND)
	@sh deploy/install.sh $(PYTHON)

define PYTHON_FOUND
$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
  { echo "make: $(PYTHON) is missing, or none of Python 3.11 to 3.13; name another: make PYTHON=python3.12 $@" >&2; exit 1; }; \
$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
  { echo "make: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
endef
# Recreate an environment that was moved, whose Python is missing or that has no pip; also that of production.
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

demo: $(READY) ## show the whole product offline; everything it writes is in demo/
	@$(BIN)/watcher demo

# More processes than processors: the tests wait for schedules, limits and servers. Each one more imports, collects and
# compiles all anew: of the same tests, four take a tenth more of the processors than three, and a quarter more than two.
test: $(READY) ## run every test but the long forms; what this machine lacks is skipped and named
	$(BIN)/pytest -n 3 $(TOGETHER) -m "not slow and not containers"

# Two processes of about as many seconds: to divide the tests, xdist would take as long as they do.
fast: $(READY) ## run the tests of the pure core only: seconds
	@output=$$(mktemp); trap 'rm -f "$$output"' EXIT; $(FAST) tests/watcher/parse tests/watcher/judge >"$$output" 2>&1 & parse=$$!; \
	$(FAST) tests/watcher/model tests/watcher/diff tests/watcher/test_pipeline.py; others=$$?; \
	wait $$parse; status=$$?; cat "$$output"; [ $$status = 0 ] && exit $$others

slow: $(READY) ## run the long forms: floods, growth, many random texts, rounds of killing
	$(BIN)/pytest -n 3 $(TOGETHER) -m "(slow or hypothesis) and not containers" --hypothesis-profile=slow

containers: $(READY) ## run the image, the compose stack and booted machines, as root; needs some minutes
	$(BIN)/pytest -n 4 --dist loadscope -m "containers and not slow" tests/deploy/test_containers.py tests/deploy/test_booted_machine.py tests/deploy/test_booted_machines.py

coverage: $(READY) ## run `make test`, and fail where a package has less than 90 % of its branches tested
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n 3 $(TOGETHER) -m "not slow and not containers"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/python -m tests.coverage

dead: $(READY) ## list the code that nothing uses
	@$(BIN)/python -m tests.dead_code

# Every step runs even if earlier ones fail, so that one run shows all problems.
check: $(READY) ## check format, lint, types, imports, dead code, README, tests; CI then runs `make slow` as well
	@failed=; for step in "ruff format --check ." "ruff check ." mypy lint-imports "python -m tests.dead_code" "python -m tests.readme"; do \
	  echo "== $$step"; $(BIN)/$$step || failed="$$failed [$$step]"; done; \
	$(MAKE) --no-print-directory $(TESTS) || failed="$$failed [$(TESTS)]"; \
	[ -z "$$failed" ] || { echo "make check: not well:$$failed" >&2; exit 1; }

golden: $(READY) ## write the verdicts of tests/golden anew and show what changed
	@$(BIN)/pytest -q tests/test_golden.py -k verdict --update-golden
	@git --no-pager diff --stat -- tests/golden

docs: $(READY) ## write the generated parts of the README pages
	@$(BIN)/python -m tests.readme --write

pictures: $(READY) ## take the pictures of deploy/pictures anew, and of every page at three widths to pictures/
	@$(BIN)/python -m tests.pictures

lock: ## write requirements.lock and deploy/requirements.lock (without dev) anew from pyproject.toml
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(PYTHON) -m venv "$$folder"; "$$folder/bin/pip" install --quiet --disable-pip-version-check uv; \
	"$$folder/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --extra dev pyproject.toml -o requirements.lock; \
	"$$folder/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --extra build --constraint requirements.lock pyproject.toml -o deploy/requirements.lock

bench: $(READY) ## run the benchmarks; those whose data are not there say so
	@for script in tests/benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || true; done

chaos: $(READY) ## let workers, servers and the wiki fail for ten minutes while 500 pages change
	@$(BIN)/python -m tests.chaos.run

clean: ## remove what was made: .venv, caches, demo/
	rm -rf .venv .venvs demo pictures .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
