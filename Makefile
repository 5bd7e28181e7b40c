# `make` lists the targets. Each target first installs what it needs, into .tools/ and .venv/ only.

UV := .tools/uv/bin/uv
SAM := .tools/sam/bin/sam
BIN := .venv/bin
READY := .tools/uv/ready .tools/emulator/ready .tools/sam/ready .venv/ready

export SAM_CLI_TELEMETRY := 0
MAKEFLAGS += --no-print-directory
export UV_LINK_MODE ?= copy

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- use

.PHONY: run invoke simulator demo build deploy secret operator-key audit
run: setup ## Run the whole stack on this machine, in the foreground (PORT, AWS_PORT, WECHAT_API_BASE, OPERATOR_KEY)
	@PYTHONPATH=cli/src exec $(BIN)/python -m local.run
invoke: setup ## Invoke a function of the running stack: FUNCTION=SweepFunction EVENT=event.json (AWS_PORT)
	@exec $(BIN)/python -m local.invoke "$(FUNCTION)" $(if $(EVENT),"$(EVENT)")
simulator: setup ## Run the WeChat simulator alone (PORT, 8800 by default)
	@exec $(BIN)/python -m local.simulator --port $${PORT:-8800}
demo: GOAL := ready-for-phones
demo: setup ## Run the whole flow for 1,000 simulated users on a stack of its own
	@PYTHONPATH=cli/src exec $(BIN)/python -m local.demo
build: setup ## Build the functions and the layer
	@AWS_DEFAULT_REGION=us-east-1 $(SAM) build
deploy: build ## Build and deploy to your AWS account (ENV: default, prod or cn, a section of samconfig.toml)
	@$(SAM) deploy --config-env $(or $(ENV),default)
secret: setup ## Store one value of a secret, asked for or from standard input: NAME=app_secret (STACK, AWS_PORT)
	@PYTHONPATH=layers/common:cli/src exec $(BIN)/python -m local.secret
operator-key: setup ## Create a key for a back end: NAME=shop SCOPES=send,read,admin and limits (or NAME=… REVOKE=1, or LIST=1; STACK, AWS_PORT)
	@PYTHONPATH=layers/common:cli/src exec $(BIN)/python -m local.operator_key
audit: setup ## Print what operators did: DAYS=2 OPERATOR=shop OPENID=… CAMPAIGN=c-… (STACK, AWS_PORT)
	@PYTHONPATH=layers/common:cli/src exec $(BIN)/python -m local.audit

# ---- develop

.PHONY: check format lint test test-quick miniprogram bench capacity lock clean
check: lint ## Run what CI runs: lint, then test
	@$(MAKE) test
format: setup ## Format the code and sort imports
	$(BIN)/ruff check --select I --fix
	$(BIN)/ruff format
lint: setup ## Check style, types, imports, the template, the locks and openapi.json
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.10 cli/src
	PYTHONPATH=layers/common $(BIN)/lint-imports
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	$(BIN)/python -m local.locks --check
	@PYTHONPATH=layers/common $(BIN)/python -m local.openapi --check
# A worker that only waits leaves its core to the others: there are more workers than cores.
LEVELS := tests/contract tests/integration tests/chaos tests/e2e
COVERED := --cov --cov-report= --cov-fail-under=0
test: GOAL := ready-to-test
test: setup ## All tests: the unit tests, then those that start processes; then how much of minipush they cover
	@failed=; rm -f .coverage .coverage.*; \
	$(BIN)/pytest -p no:schemathesis tests/unit -n auto --dist worksteal $(COVERED) || failed="$$failed unit"; \
	$(BIN)/pytest $(LEVELS) -n $(or $(WORKERS),3) --dist loadgroup --no-loadscope-reorder $(COVERED) --cov-append || failed="$$failed others"; \
	$(BIN)/coverage report || failed="$$failed coverage"; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }
test-quick: setup ## Unit tests only, without processes
	$(BIN)/pytest -p no:schemathesis tests/unit -n auto --dist worksteal
miniprogram: GOAL := ready-for-phones
miniprogram: setup ## Build the mini-program kit; node and npm are in .tools/node/bin
bench: GOAL := ready-to-test
bench: setup ## Measure how fast a campaign is, beside other ways to send (QUICK=1 for a short run)
	@PYTHONPATH=layers/common:tests exec $(BIN)/python -m benchmarks
capacity: setup ## Update the tables of docs/capacity.md
	@PYTHONPATH=layers/common exec $(BIN)/python -m benchmarks.capacity
lock: setup ## Update the locks (UPGRADE=1 to take newer versions)
	@$(BIN)/python -m local.locks $(if $(UPGRADE),--upgrade)
clean: ## Remove build results and caches, but not the tools
	@rm -rf .aws-sam .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage

# ---- set-up: one make at a time, output to stderr

.PHONY: setup ready ready-to-test ready-for-phones
GOAL := ready
setup: ## Install the tools (every target does this by itself)
	@$(MAKE) --silent --question $(GOAL) 2>/dev/null || python3 local/locked.py .tools/setup.lock $(MAKE) --silent $(GOAL) >&2
ready: $(READY)
ready-to-test: ready-for-phones .tools/redis/ready .tools/console/ready
ready-for-phones: ready miniprogram/node_modules/built

.tools/uv/ready: requirements/uv.txt
	echo "Setting up the tools. The first time, this takes some minutes."
	echo "Setting up uv"
	python3 -m venv .tools/uv
	.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $@

.venv/ready: requirements/dev.txt .tools/uv/ready
	$(call install,.venv,dev)
.tools/%/ready: requirements/%.txt .tools/uv/ready
	$(call install,.tools/$*,$*)

# Node and npm come from PyPI by hash, the kit's packages by the hashes of their lock. No script of theirs runs.
miniprogram/node_modules/ready: miniprogram/package-lock.json .tools/node/ready
	echo "Setting up miniprogram: $$(grep -c integrity miniprogram/package-lock.json) packages"
	cd miniprogram && PATH="$(CURDIR)/.tools/node/bin:$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
	  --no-update-notifier --cache "$(CURDIR)/.tools/node/cache" >/dev/null
	touch $@
miniprogram/node_modules/built: miniprogram/node_modules/ready miniprogram/build.mjs miniprogram/tsconfig.json $(shell find miniprogram/src -type f)
	.tools/node/bin/node miniprogram/build.mjs
	touch $@

# The browser for the console's tests: one for x86-64. Elsewhere, the tests use one that is installed.
.tools/console/ready: $(addprefix requirements/console/,package.json package-lock.json .npmrc unpack.mjs) .tools/node/ready
	echo "Setting up .tools/console: $$(grep -c integrity requirements/console/package-lock.json) packages"
	mkdir -p .tools/console
	cp $(filter requirements/console/%,$^) .tools/console
	cd .tools/console && PATH="$(CURDIR)/.tools/node/bin:$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
	  --no-update-notifier --cache "$(CURDIR)/.tools/node/cache" >/dev/null
	[ "$$(uname -m)" != x86_64 ] || .tools/node/bin/node .tools/console/unpack.mjs .tools/console/node_modules .tools/console/browser
	touch $@

# Use the first Python 3.13 that works; otherwise uv downloads one.
define install
	echo "Setting up $(1): $$(grep -c '^[a-z].*==' requirements/$(2).txt) packages"
	[ -x $(1)/bin/python ] || for python in python3.13 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13*/bin/python3.13 3.13; do \
	  [ $$python = 3.13 ] || $$python -c '' 2>/dev/null || continue; \
	  $(UV) venv --quiet --python $$python $(1) && break; \
	done
	$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(1)/bin/python requirements/$(2).txt
	touch $@
endef
