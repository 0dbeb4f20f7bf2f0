# Each target sets up .venv by itself; nothing is needed but Python 3.11 or newer and a package registry.
PYTHON ?= python3
BIN := .venv/bin
# Tests that train on real data run only where OPSIN_DATA names a folder with it.
MARKS := $(if $(OPSIN_DATA),,-m "not slow")

ON_DATA := folder_to_model.py:small folder_to_predictions.py first_batch.py time_to_accuracy.py:fashion time_to_accuracy.py:cifar

# pyright comes with the environment and need not look for a newer one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: test demo check bench docs
test: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --maxprocesses 4 $(MARKS)

demo: .venv/ready
	$(BIN)/opsin demo

check: .venv/ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(MAKE) test

bench: .venv/ready .venv-peers/ready
	$(BIN)/python benchmarks/prediction.py
	$(BIN)/python benchmarks/training_step.py
	$(BIN)/python benchmarks/segmentation_speed.py
	$(BIN)/python benchmarks/detection_speed.py
	$(BIN)/python benchmarks/folder_to_model.py photographs
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/describe.py
	$(BIN)/python benchmarks/keras_door.py
	@if [ -z "$(OPSIN_DATA)" ]; then echo "OPSIN_DATA names no folder of data sets: $(ON_DATA) left out"; \
	else for one in $(ON_DATA); do $(BIN)/python benchmarks/$$(echo $$one | tr : ' ') || exit 1; done; fi

docs: .venv/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Opsin needs Python 3.11 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet -e '.[dev,demo]' -c constraints.txt
	touch $@

# The libraries that Opsin is compared with, in an environment of their own.
.venv-peers/ready: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet torch==2.13.0
	.venv-peers/bin/python -m pip install --quiet -r benchmarks/peers.txt
	touch $@
