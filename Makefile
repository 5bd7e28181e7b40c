# `make` lists the targets. Each target first installs what it needs, into .tools/ and .venv/ only.

UV := .tools/uv/bin/uv
SAM := .tools/sam/bin/sam
BIN := .venv/bin
READY := .tools/uv/ready .tools/emulator/ready .tools/sam/ready .venv/ready

export SAM_CLI_TELEMETRY := 0
MAKEFLAGS += --no-print-directory
export UV_LINK_MODE ?= copy

# A value on the command line is text: without this, make would expand the `$.` of FILTER='{ $.status = "429" }', and run `$(shell …)`.
define take_literally
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(eval $(call take_literally,$(name)))))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- use

.PHONY: run invoke simulator demo
run: setup ## Run the whole stack on this machine, in the foreground (PORT, AWS_PORT, WECHAT_API_BASE, OPERATOR_KEY)
	@PYTHONPATH=cli/src exec $(BIN)/python -m local.run
invoke: setup ## Invoke a function of the running stack: FUNCTION=SweepFunction EVENT=event.json (AWS_PORT)
	@exec $(BIN)/python -m local.invoke "$$FUNCTION" $${EVENT:+"$$EVENT"}
simulator: setup ## Run the WeChat simulator alone (PORT, 8800 by default)
	@exec $(BIN)/python -m local.simulator --port "$${PORT:-8800}"
demo: GOAL := ready-for-phones
demo: setup ## Run the whole flow for 1,000 simulated users on a stack of its own
	@PYTHONPATH=cli/src exec $(BIN)/python -m local.demo

# ---- operate: ENV names an environment of samconfig.toml (default, staging, prod, cn), STACK another stack of its
# account and region, and AWS_PORT a local stack

OPERATE := PYTHONPATH=layers/common:cli/src exec $(BIN)/python -m
.PHONY: build deploy outputs shell logs redrive export import secret operator-key audit doctor smoke
.PHONY: rotate-app-secret rotate-callback rotate-session-key rotate-operator-key
build: setup ## Build the functions and the layer (ENV)
	@$(OPERATE) operate.deploy build
deploy: setup ## Show where it goes, ask, build and deploy (ENV, YES=1)
	@$(OPERATE) operate.deploy
outputs: setup ## Print the outputs of the stack, or one: NAME=ApiUrl (ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.outputs
shell: setup ## Print lines that lead the AWS CLI to an environment: eval "$$(make --silent shell ENV=prod)"
	@$(OPERATE) operate.shell
doctor: setup ## Say what is wrong with a deployment, and the next command (ENV, STACK, AWS_PORT, OPERATOR_KEY, API, JSON=1)
	@$(OPERATE) operate.doctor
smoke: setup ## Ask a deployed stack from end to end, after a deployment (ENV, STACK, AWS_PORT, API)
	@$(OPERATE) operate.smoke
logs: setup ## Print what was logged lately: FUNCTION=Push SINCE=1h, and LEVEL=ERROR or FILTER=pattern or OPENID=… (ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.logs
redrive: setup ## List the dead-letter queues; bring back the messages of one: QUEUE=CampaignDeadLetters, or SHOW=1 or DROP=1 them (ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.redrive
export: setup ## Have DynamoDB export the tables to S3: TO=s3://bucket/folder (AT=2026-11-30T10:00:00Z; ENV, STACK)
	@$(OPERATE) operate.tables.export
import: setup ## Write an export into the tables; repeat it to go on: FROM=s3://bucket/folder (TABLE, PROGRESS; ENV, STACK)
	@$(OPERATE) operate.tables.import_
secret: setup ## Store one value of a secret, asked for or from standard input: NAME=app_secret, or NAME=session_key RANDOM=1 (ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.secret
operator-key: setup ## Create a key for a back end: NAME=shop SCOPES=send,read,admin (EXPIRES, MAX_AUDIENCE, MAX_PER_SECOND, TEMPLATES; or NAME=… REVOKE=1, or LIST=1; ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.operator_key
audit: setup ## Print what operators did: DAYS=2 OPERATOR=shop OPENID=… CAMPAIGN=c-… (ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.audit
rotate-app-secret: setup ## Store a new AppSecret, once WeChat has taken it (ACCOUNT=official, UNCHECKED=1; ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.rotation app-secret
rotate-callback: setup ## Make a new token and key for WeChat's pushes; the old ones count until END=1 (ACCOUNT=official, YES=1, API; ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.rotation callback
rotate-session-key: setup ## Make a new key for sessions; those that exist go on, or end with END=1 (API; ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.rotation session-key
rotate-operator-key: setup ## Make a key like NAME=shop; both count until END=1 (NEW, YES=1, API; ENV, STACK, AWS_PORT)
	@$(OPERATE) operate.rotation operator-key

# ---- develop

.PHONY: check format lint test test-quick miniprogram bench capacity lock clean
check: lint ## Run what CI runs: lint, then test
	@$(MAKE) test
format: setup ## Format the code and sort imports
	$(BIN)/ruff check --select I --fix
	$(BIN)/ruff format
CHECKED := template.yaml network.yaml
lint: GOAL := ready-to-lint
lint: setup ## Check style, types, imports, the template, the locks and openapi.json
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.10 cli/src
	PYTHONPATH=layers/common:cli/src:. $(BIN)/lint-imports
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	.tools/template-lint/bin/cfn-lint --append-rules cfn_lint_serverless.rules --regions us-east-1 cn-north-1 cn-northwest-1 -- $(CHECKED)
	@for template in $(CHECKED); do .tools/template-lint/bin/checkov --file $$template || exit 1; done
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

.PHONY: setup ready ready-to-lint ready-to-test ready-for-phones
GOAL := ready
setup: ## Install the tools (every target does this by itself)
	@$(MAKE) --silent --question $(GOAL) 2>/dev/null || python3 local/locked.py .tools/setup.lock $(MAKE) --silent $(GOAL) >&2
ready: $(READY)
ready-to-lint: ready .tools/template-lint/ready
ready-to-test: ready-for-phones .tools/redis/ready .tools/aws/ready .tools/console/ready
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
miniprogram/node_modules/built: miniprogram/node_modules/ready miniprogram/build.mjs $(wildcard miniprogram/tsconfig.json miniprogram/centre/tsconfig.json) $(shell find miniprogram/src miniprogram/centre/src -type f)
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
