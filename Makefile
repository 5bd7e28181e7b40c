# `make` explains itself. Every target sets up what it needs; all of it lands in .tools/ and .venv/.

UV := .tools/uv/bin/uv
SAM := .tools/sam/bin/sam
BIN := .venv/bin
READY := .tools/uv/ready .tools/emulator/ready .tools/sam/ready .venv/ready
LOCKED_UP := runtime dev emulator redis sam
COMPILE := pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url --no-header --no-annotate

export SAM_CLI_TELEMETRY := 0
MAKEFLAGS += --no-print-directory
export UV_LINK_MODE ?= copy

.PHONY: help
help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- to use

.PHONY: run invoke simulator demo build deploy operator-key
run: setup ## The whole stack on this machine, in the foreground (PORT, AWS_PORT, WECHAT_API_BASE, OPERATOR_KEY)
	@exec $(BIN)/python -m local.run
invoke: setup ## Invoke a function of the running stack: FUNCTION=SweepFunction EVENT=event.json (AWS_PORT)
	@exec $(BIN)/python -m local.invoke "$(FUNCTION)" $(if $(EVENT),"$(EVENT)")
simulator: setup ## The WeChat simulator by itself (PORT, 8800 by default)
	@exec $(BIN)/python -m local.simulator --port $${PORT:-8800}
demo: setup ## A stack of its own, shown at work
	@exec $(BIN)/python -m local.demo
build: setup ## sam build
	@AWS_DEFAULT_REGION=us-east-1 $(SAM) build
deploy: build ## Build, then deploy to your AWS account (ENV=default, prod or cn of samconfig.toml)
	@$(SAM) deploy --config-env $(or $(ENV),default)
operator-key: setup ## Make a key for a back end: NAME=shop SCOPES=send,read,admin (NAME=… REVOKE=1, LIST=1; STACK, AWS_PORT)
	@PYTHONPATH=layers/common exec $(BIN)/python -m local.operator_key

# ---- to work on it

# A lock is compared without its hashes: a package may gain files for a version that it had.
VERSIONS := sed -e '/--hash=/d' -e 's/ *\\$$//'

.PHONY: check lint test test-quick bench capacity lock clean
check: lint ## What CI runs: lint, then test
	@$(MAKE) test
lint: setup ## Everything that is checked without running it
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=layers/common $(BIN)/lint-imports
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	cmp requirements/runtime.txt layers/common/requirements.txt
	@mkdir -p .cache/lock && for name in $(LOCKED_UP); do \
	  cp requirements/$$name.txt .cache/lock && $(UV) $(COMPILE) requirements/$$name.in -o .cache/lock/$$name.txt && \
	  $(VERSIONS) requirements/$$name.txt >.cache/lock/held && $(VERSIONS) .cache/lock/$$name.txt | cmp - .cache/lock/held || exit; \
	done
	@PYTHONPATH=layers/common $(BIN)/python -m local.openapi --check
# A worker that only waits leaves its core to the others: there are more workers than cores.
LEVELS := tests/contract tests/integration tests/chaos tests/e2e
COVERED := --cov=minipush --cov-report= --cov-fail-under=0
test: GOAL := ready-to-test
test: setup ## All tests: the unit tests, then those that start processes; then how much of minipush they cover
	@failed=; \
	$(BIN)/pytest -p no:schemathesis tests/unit -n auto --dist worksteal $(COVERED) || failed="$$failed unit"; \
	$(BIN)/pytest $(LEVELS) -n $(or $(WORKERS),3) --dist loadgroup --no-loadscope-reorder $(COVERED) --cov-append || failed="$$failed others"; \
	$(BIN)/coverage report || failed="$$failed coverage"; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }
test-quick: setup ## Unit tests only, without processes
	$(BIN)/pytest -p no:schemathesis tests/unit -n auto --dist worksteal
bench: GOAL := ready-to-test
bench: setup ## How fast a campaign is, beside the usual ways to send (QUICK=1 for a look)
	@PYTHONPATH=layers/common:tests exec $(BIN)/python -m benchmarks
capacity: setup ## Write the tables of docs/capacity.md anew
	@PYTHONPATH=layers/common exec $(BIN)/python -m benchmarks.capacity
lock: setup ## Lock the requirements anew (UPGRADE=1 to take newer versions)
	@for name in uv $(LOCKED_UP); do $(UV) $(COMPILE) $(if $(UPGRADE),--upgrade) requirements/$$name.in -o requirements/$$name.txt || exit; done
	@cp requirements/runtime.txt layers/common/requirements.txt
clean: ## Remove what was built, but not the tools
	@rm -rf .aws-sam .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage

# ---- set-up: one make at a time, chatter to stderr

.PHONY: setup ready ready-to-test
GOAL := ready
setup: ## Install the tools (any target does it by itself)
	@$(MAKE) --silent --question $(GOAL) 2>/dev/null || python3 local/locked.py .tools/setup.lock $(MAKE) --silent $(GOAL) >&2
ready: $(READY)
ready-to-test: ready .tools/redis/ready

.tools/uv/ready: requirements/uv.txt
	echo "Setting up uv"
	python3 -m venv .tools/uv
	.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $@

.venv/ready: requirements/dev.txt .tools/uv/ready
	$(call install,.venv,dev)
.tools/%/ready: requirements/%.txt .tools/uv/ready
	$(call install,.tools/$*,$*)

# The first Python 3.13 that really runs; otherwise uv fetches one.
define install
	echo "Setting up $(1)"
	[ -x $(1)/bin/python ] || for python in python3.13 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13*/bin/python3.13 3.13; do \
	  [ $$python = 3.13 ] || $$python -c '' 2>/dev/null || continue; \
	  $(UV) venv --quiet --python $$python $(1) && break; \
	done
	$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(1)/bin/python requirements/$(2).txt
	touch $@
endef
