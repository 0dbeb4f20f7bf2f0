"""Every layer equals Keras's for the same weights: shapes, parameters, outputs, gradients."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="keras, the oracle, is not installed")
if keras.backend.backend() != "torch":
    pytest.skip("keras was started on another backend than torch", allow_module_level=True)

_PATH = Path(__file__).parents[2] / "benchmarks" / "layers_against_keras.py"
_SPEC = importlib.util.spec_from_file_location("layers_against_keras", _PATH)
against = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = against
_SPEC.loader.exec_module(against)
CASES = against.cases()


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_layer_does_what_kerass_does(kind):
    for case in CASES:
        if case.kind == kind:
            difference = against.compare(case)
            assert difference.output <= 1e-5 and difference.gradient <= 1e-4, (case, difference)


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_layers_get_the_names_that_keras_gives(kind):
    from opsin.nn.naming import snake_case

    assert snake_case(kind) == keras.src.utils.naming.to_snake_case(kind)
