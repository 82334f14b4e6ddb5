# What `sam build` runs (samconfig.toml names this file): each target in a copy of the folder that the template names.
LAYER_BUILDER ?= python3
ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

build-GiosgClientLayer:
	$(LAYER_BUILDER) build_layer.py "$(ARTIFACTS_DIR)/python"

# No tools but Python's standard library.
build-WebLayer:
	python3 package.py "$(ARTIFACTS_DIR)/python"

build-%Function:
	$(LAYER_BUILDER) "$(ROOT)layers/giosg_client/build_layer.py" --function app.py "$(ARTIFACTS_DIR)"
