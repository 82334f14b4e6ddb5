# What `sam build` runs (samconfig.toml names this file): each target in a copy of the folder that the template names.
LAYER_BUILDER ?= python3
ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

build-GiosgClientLayer:
	$(LAYER_BUILDER) build_layer.py "$(ARTIFACTS_DIR)/python"

# No tools but Python's standard library.
build-WebLayer:
	python3 package.py "$(ARTIFACTS_DIR)/python"

# By the interpreter that it is compiled for, if one is named: there are many functions, and starting another takes longest.
build-%Function:
	$(or $(LAYER_PYTHON),$(LAYER_BUILDER)) -I -S "$(ROOT)layers/giosg_client/build_layer.py" --function app.py "$(ARTIFACTS_DIR)"
