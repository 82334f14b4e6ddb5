# Two commands do everything on a machine with Python 3.11 or later, make and Node: `make run` and `make test`.

PYTHON ?= python3
STACK ?= giosg-visitor-chat
REGION ?=
PYTEST_FLAGS ?=
UV_VERSION := 0.13.9

DEV := .venv/dev/bin
SAM := .venv/sam/bin/sam
ENVIRONMENTS := .venv/dev/.installed .venv/sam/.installed .venv/emulator/.installed
COMPILE = .venv/lock/bin/uv pip compile --quiet --generate-hashes --no-header

export SAM_CLI_TELEMETRY := 0
export LAYER_CACHE := $(CURDIR)/.local/layers

.DELETE_ON_ERROR:

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: environments ## Run the whole stack on this machine, until Ctrl-C
	@exec $(DEV)/python -m local.stack up

deploy-local: environments ## Bring changed code into the running local stack; its data stay
	@$(DEV)/python -m local.stack deploy

check test .local/policies/checked: ENVIRONMENTS += .venv/checkov/.installed

test: environments check ## Run the checks and every test
	$(DEV)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_FLAGS)

breaks: environments ## Break the rules on purpose, one by one, and see the tests notice
	@$(DEV)/python -m tests.proof.breaks

check: environments .local/policies/checked ## Lint, formatting, types and the template
	$(DEV)/ruff check
	$(DEV)/ruff format --check
	$(DEV)/mypy
	$(SAM) validate --lint

# checkov takes ten seconds, so that it looks only at a template that it has not passed yet.
.local/policies/checked: template.yaml .checkov.yaml requirements/checkov.txt | environments
	$(DEV)/python -m local.stack.expanded .local/policies/template.json
	.venv/checkov/bin/checkov --config-file .checkov.yaml --file .local/policies/template.json
	@touch $@

bench: environments ## Measure, and print the tables
	$(DEV)/python -m bench.realtime
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.round_trips
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.cold_start
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.memory
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.warm
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.throughput
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.growth
	$(DEV)/python -m bench.cost

cost: .venv/dev/.installed ## Say what the stack costs: COST="--messages 50000 --messages-per-chat 20"
	@$(DEV)/python -m bench.cost $(COST)

build: .venv/sam/.installed ## Build the template for AWS
	LAYER_BUILDER=$(abspath .venv/sam/bin/python) $(SAM) build --cached --parallel

deploy: build ## Deploy to AWS: asks for the parameters
	$(SAM) deploy --guided

webhook-urls: .venv/dev/.installed ## Print the URLs for Giosg's webhooks, with their secret: STACK=... [REGION=...]
	@$(DEV)/python -m local.stack webhook-urls $(STACK) $(if $(REGION),--region $(REGION))

replay: .venv/dev/.installed ## Compare with Giosg once more: STACK=... and CHAT=<id>, or DLQ=1 for all that failed
	@$(DEV)/python -m operations --stack $(STACK) --region "$(REGION)" replay $(if $(DLQ),--dead-letters,--chat $(CHAT))

rotate-webhook-secret: .venv/dev/.installed ## Print new URLs for Giosg's webhooks: STACK=...; FINISH=1 ends the old ones
	@$(DEV)/python -m operations --stack $(STACK) --region "$(REGION)" rotate-webhook-secret $(if $(FINISH),--finish)

export-visitor: .venv/dev/.installed ## Print what is stored about a visitor, as JSON: STACK=... VISITOR=<id>
	@$(DEV)/python -m operations --stack $(STACK) --region "$(REGION)" export-visitor --visitor $(VISITOR)

lock: .venv/lock/bin/uv ## Pin every dependency anew
	$(COMPILE) --upgrade --python-version 3.13 --python-platform linux \
		layers/giosg_client/requirements.in -o layers/giosg_client/requirements.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 -c layers/giosg_client/requirements.txt \
		requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --upgrade --python-version 3.13 --python-platform linux -c layers/giosg_client/requirements.txt \
		requirements/bench.in -o requirements/bench.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/sam.in -o requirements/sam.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/checkov.in -o requirements/checkov.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/emulator.in -o requirements/emulator.txt

clean: ## Remove everything that was made
	rm -rf .venv .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis

environments: ## Install the tools, each set in an environment of its own
	@$(MAKE) --silent --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j3) $(ENVIRONMENTS)

# The stamp comes last and holds what was installed: an interrupted install is made anew, as one with other requirements.
.venv/%/.installed: requirements/%.txt
	@cmp -s $< $@ && touch $@ || $(MAKE) --no-print-directory install-$*

install-%:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is not Python 3.11 or later: choose one, as in make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "$(PYTHON) cannot make virtual environments: install its venv package (on Debian python3-venv)"; exit 1; }
	@echo "Installing the $* tools, once"
	@rm -rf .venv/$*
	@$(PYTHON) -m venv .venv/$*
	@.venv/$*/bin/python -m pip -qq --disable-pip-version-check install --no-compile --no-deps --require-hashes \
		--only-binary=:all: -r requirements/$*.txt
	@cp requirements/$*.txt .venv/$*/.installed

.venv/lock/bin/uv:
	@$(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/python -m pip -qq --disable-pip-version-check install uv==$(UV_VERSION)

.PHONY: bench breaks build check clean cost deploy deploy-local environments export-visitor help lock replay rotate-webhook-secret run test webhook-urls
