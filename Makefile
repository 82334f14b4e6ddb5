# Two commands do everything on a machine with Python 3.11 or later, make and Node: `make run` and `make test`.

PYTHON ?= python3
STACK ?= giosg-visitor-chat
REGION ?=
PYTEST_FLAGS ?=
TIMES ?= 10

UV := .venv/uv/bin/uv
# uv does not read pip's settings: whoever has told pip of an index of their own means uv, too.
WITH_INDEX = index="$${PIP_INDEX_URL:-$$(.venv/uv/bin/python -m pip config get global.index-url 2>/dev/null)}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi;
DEV := .venv/dev/bin
SAM := .venv/sam/bin/sam
ENVIRONMENTS := .venv/dev/.installed .venv/sam/.installed .venv/emulator/.installed
# None waits for another, only for the tools that it needs; the slowest are first.
CHECKS := check-types check-template check-page check-style
LONG_CHECKS := .local/policies/checked .local/specification/checked
# What every command for a deployed stack takes beside its own: JSON=1 answers machines, YES=1 confirms beforehand.
OPERATE = PYTHONPATH=layers/giosg_client $(DEV)/python -m operations
OPTIONS = $(if $(REGION),--region "$(REGION)") $(if $(JSON),--json) $(if $(YES),--yes)
ON_STACK = --stack "$(STACK)" $(OPTIONS)
# A stack that was named, and not the default one.
ON_NAMED_STACK = $(if $(filter file,$(origin STACK)),,--stack "$(STACK)") $(OPTIONS)
# What TypeScript brings itself is checked by those who make it.
TSC := tests/web/node_modules/.bin/tsc --skipDefaultLibCheck
REDOCLY := REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true tests/specification/node_modules/.bin/redocly lint
SPECTRAL := tests/specification/node_modules/.bin/spectral lint
COMPILE = $(UV) pip compile --quiet --generate-hashes --no-header
# One more than the cores that it is made for: there is always a test that waits.
PYTEST := $(DEV)/python -m pytest -n 3 --no-loadscope-reorder
# What is made side by side says what it has to say when it is done, if make can (from 4.0).
TOGETHER = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j3)
IN_TURN = $(if $(filter output-sync,$(.FEATURES)),--output-sync)

export SAM_CLI_TELEMETRY := 0
export LAYER_CACHE := $(CURDIR)/.local/layers
# Hundreds of processes start in one run of the tests: each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: environments ## Run the whole stack on this machine, until Ctrl-C
	@exec $(DEV)/python -m local.stack up

deploy-local: environments ## Bring changed code into the running local stack; its data stay
	@$(DEV)/python -m local.stack deploy

test soak proof: ENVIRONMENTS += tests/web/node_modules/.installed

test: ## Run the quick checks and the tests, the proof with 2,500 faults
	@echo "Installing what is missing, and checking"
	@$(TOGETHER) $(IN_TURN) $(ENVIRONMENTS) .venv/.runtime-python $(CHECKS)
	$(PYTEST) -m "not long" $(PYTEST_FLAGS)

quick: .venv/dev/.installed ## For whoever edits: lint, types, and the tests of the client and of the pure rules
	$(DEV)/ruff check
	$(DEV)/mypy
	$(PYTEST) --quiet tests/giosg_client tests/visitor_chat/domain tests/test_imports.py

proof: environments $(LONG_CHECKS) ## What takes longer, and 11,000 faults in made-up runs: PROOF_EVENTS=100000 PROOF_SEED=7 for others
	PROOF_EVENTS=$${PROOF_EVENTS:-11000} $(PYTEST) tests/proof/test_proof.py
	$(PYTEST) -m long

soak: environments ## Run all tests but the proof again and again, on a busy machine: TIMES=10
	$(DEV)/python -m tests.soak --times $(TIMES) --pytest "$(PYTEST)" -- $(PYTEST_FLAGS)

breaks: environments ## Break the rules on purpose, one by one, and see the tests notice
	@$(DEV)/python -m tests.proof.breaks

clients: environments .venv/clients/.installed tests/clients/node_modules/.installed ## Generate clients from openapi.yaml, and let them chat
	$(DEV)/python -m pytest $(PYTEST_FLAGS) tests/clients/check_generated_clients.py

check: ## All checks: lint, formatting, types, the template and the documents of the API
	@$(TOGETHER) $(IN_TURN) $(CHECKS) $(LONG_CHECKS)

check-style: .venv/dev/.installed
	$(DEV)/ruff check
	$(DEV)/ruff format --check

check-types: .venv/dev/.installed
	$(DEV)/mypy

check-page: tests/web/node_modules/.installed
	$(TSC) -p web/client
	$(TSC) -p web/view
	$(TSC) -p tests/web/types

# These are the rules of `sam validate --lint`.
check-template: .venv/sam/.installed
	.venv/sam/bin/cfn-lint template.yaml

# checkov takes ten seconds, so that it looks only at a template that it has not passed yet.
.local/policies/checked: template.yaml .checkov.yaml requirements/checkov.txt | .venv/dev/.installed .venv/checkov/.installed
	$(DEV)/python -m local.stack.expanded .local/policies/template.json
	.venv/checkov/bin/checkov --config-file .checkov.yaml --file .local/policies/template.json
	@touch $@

# Two linters of all that generators of clients read, by their recommended rules; they look only at what they have not passed.
.local/specification/checked: openapi.yaml asyncapi.yaml tests/specification/spectral.yaml tests/specification/node_modules/.installed
	$(REDOCLY) --extends recommended-strict openapi.yaml
	$(REDOCLY) --extends recommended-strict --skip-rule info-license-strict asyncapi.yaml
	$(SPECTRAL) --ruleset tests/specification/spectral.yaml --fail-severity warn --quiet openapi.yaml asyncapi.yaml
	@mkdir -p $(@D) && touch $@

bench: environments ## Measure, and print the tables
	$(DEV)/python -m bench.realtime
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.round_trips
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.cold_start
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.memory
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.warm
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.throughput
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.growth
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.contention
	PYTHONPATH=layers/giosg_client $(DEV)/python -m bench.sweep
	$(DEV)/python -m bench.cost

cost: .venv/dev/.installed ## Say what the stack costs: COST="--messages 50000 --messages-per-chat 20"
	@$(DEV)/python -m bench.cost $(COST)

build: .venv/sam/.installed ## Build the template for AWS
	LAYER_BUILDER=$(abspath .venv/sam/bin/python) $(SAM) build --cached --parallel

deploy: .venv/dev/.installed .venv/sam/.installed ## Deploy to AWS: asks for what it needs, checks it, waits for webhooks
	@$(OPERATE) deploy $(ON_STACK) $(if $(ASK),--ask) $(if $(NEW_TOKEN),--new-token) \
		$(if $(PARAMETERS),--parameters '$(PARAMETERS)') $(if $(WAIT),--wait-minutes "$(WAIT)")

delete: .venv/dev/.installed ## Delete a stack: STACK=...; says what goes and what stays; DATA=1 erases that, DRY_RUN=1 nothing
	@$(OPERATE) delete $(ON_STACK) $(if $(DATA),--data) $(if $(DRY_RUN),--dry-run)

doctor: .venv/dev/.installed ## Say what is right, what is wrong and what to do: [STACK=...] [ROUND_TRIP=1] [LOAD=30]
	@$(OPERATE) doctor $(ON_NAMED_STACK) $(if $(ROUND_TRIP),--round-trip) $(if $(LOAD),--load "$(LOAD)")

webhook-urls: .venv/dev/.installed ## Print the URLs for Giosg's webhooks, with their secret: STACK=... [REGION=...]
	@$(OPERATE) webhook-urls $(ON_STACK)

status: .venv/dev/.installed ## Half a screen of numbers, the last day beside the day before: STACK=...
	@$(OPERATE) status $(ON_STACK)

trace: .venv/dev/.installed ## Tell what happened, without what was said: STACK=... and CHAT=<id>, MESSAGE=, VISITOR= or TRACE=<id>
	@$(OPERATE) trace $(ON_STACK) $(if $(CHAT),--chat "$(CHAT)") $(if $(MESSAGE),--message "$(MESSAGE)") \
		$(if $(VISITOR),--visitor "$(VISITOR)") $(if $(TRACE),--trace "$(TRACE)")

gameday: environments ## Break a local stack in ten ways, and see who notices: [TROUBLES="giosg_slow clock_off"] [WRITE=1]
	@PYTHONPATH=layers/giosg_client $(DEV)/python -m operations.gameday $(if $(WRITE),--write) $(TROUBLES)

replay: .venv/dev/.installed ## Compare with Giosg once more: STACK=... and CHAT=<id>, or DLQ=1 for all that failed
	@$(OPERATE) replay $(ON_STACK) $(if $(DLQ),--dead-letters,--chat "$(CHAT)")

rotate-webhook-secret: .venv/dev/.installed ## Print new URLs for Giosg's webhooks: STACK=...; FINISH=1 ends the old ones
	@$(OPERATE) rotate-webhook-secret $(ON_STACK) $(if $(FINISH),--finish) $(if $(DRY_RUN),--dry-run)

export-visitor: .venv/dev/.installed ## Print what is stored about a visitor, as JSON: STACK=... VISITOR=<id>
	@$(OPERATE) export-visitor $(ON_STACK) --visitor "$(VISITOR)"

erase-visitor: .venv/dev/.installed ## Erase what is stored about a visitor: STACK=... VISITOR=<id>; DRY_RUN=1 only says what
	@$(OPERATE) erase-visitor $(ON_STACK) --visitor "$(VISITOR)" $(if $(DRY_RUN),--dry-run)

lock: $(UV) ## Pin every dependency anew
	$(COMPILE) --upgrade --python-version 3.13 --python-platform linux \
		layers/giosg_client/requirements.in -o layers/giosg_client/requirements.txt
	$(COMPILE) --upgrade --python-version 3.13 --python-platform linux \
		layers/web_push/requirements.in -o layers/web_push/requirements.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 -c layers/giosg_client/requirements.txt \
		-c layers/web_push/requirements.txt requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --upgrade --python-version 3.13 --python-platform linux -c layers/giosg_client/requirements.txt \
		requirements/bench.in -o requirements/bench.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/sam.in -o requirements/sam.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/checkov.in -o requirements/checkov.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/clients.in -o requirements/clients.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/emulator.in -o requirements/emulator.txt
	$(COMPILE) --upgrade --universal --python-version 3.11 requirements/uv.in -o requirements/uv.txt

clean: ## Remove everything that was made
	rm -rf .venv .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis

environments: ## Install the tools, each set in an environment of its own
	@$(TOGETHER) --silent $(ENVIRONMENTS)

# The stamp comes last and holds what was installed: an interrupted install is made anew, as one with other requirements.
.venv/%/.installed: requirements/%.txt | $(UV)
	@cmp -s $< $@ && touch $@ || $(MAKE) --no-print-directory install-$*

# What npm has: tests/web for the page, tests/specification for openapi.yaml, tests/clients for what is generated from it.
tests/%/node_modules/.installed: tests/%/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node 20 or later with it (on Debian nodejs and npm)"; exit 1; }
	@cmp -s $< $@ || npm ci --prefix tests/$* --silent --no-audit --no-fund
	@cp $< $@

# sam, the emulator, checkov and what the stack itself uses each pin other versions of the same packages.
install-%:
	@echo "Installing the $* tools, once"
	@rm -rf .venv/$*
	@$(UV) venv --quiet --no-python-downloads --python "$$(command -v $(PYTHON))" .venv/$*
	@$(WITH_INDEX) $(UV) pip install --quiet --no-deps --require-hashes --only-binary=:all: \
		--python .venv/$*/bin/python -r requirements/$*.txt
	@cp requirements/$*.txt .venv/$*/.installed

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is not Python 3.11 or later: choose one, as in make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "$(PYTHON) cannot make virtual environments: install its venv package (on Debian python3-venv)"; exit 1; }
	@rm -rf .venv/uv
	@$(PYTHON) -m venv .venv/uv
	@.venv/uv/bin/python -m pip -qq --disable-pip-version-check install --no-deps --require-hashes \
		--only-binary=:all: -r requirements/uv.txt
	@touch $@

# Some tests compile for Lambda's Python. Where there is none and uv can fetch none, they are skipped, and say so at the end.
.venv/.runtime-python: layers/giosg_client/build_layer.py | $(UV)
	@$(PYTHON) -I -c 'import sys; sys.path.insert(0, "$(<D)"); import build_layer; sys.exit(not build_layer.find_runtime_python())' \
		2>/dev/null || $(UV) python install --quiet 3.13 2>/dev/null || echo "There is no Python 3.13, and none can be fetched"
	@touch $@

.PHONY: bench breaks build check check-page check-style check-template check-types clean clients cost delete deploy deploy-local doctor environments erase-visitor export-visitor gameday help lock proof quick replay rotate-webhook-secret run soak status test trace webhook-urls
