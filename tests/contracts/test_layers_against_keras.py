"""Every layer does what Keras's does from the same weights: shapes, parameters, outputs, gradients."""

import importlib.util
import os
import re
import sys
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from opsin.core import NetworkError

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
CONVOLUTIONS = sorted({case.kind for case in CASES if "Conv" in case.kind})


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_layer_does_what_kerass_does(kind):
    for case in CASES:
        if case.kind == kind:
            difference = against.compare(case)
            assert difference.output <= 1e-5 and difference.gradient <= 1e-4, (case, difference)


@pytest.mark.parametrize("kind", CONVOLUTIONS)
@settings(max_examples=5, deadline=None, derandomize=True)
@given(data=st.data())
def test_convolutions_with_any_arguments_do_what_kerass_do(kind, data):
    rank = int(re.search(r"\d", kind)[0])
    sizes = st.tuples(*[st.integers(1, 5)] * rank)
    arguments = {"kernel_size": data.draw(sizes), "padding": data.draw(st.sampled_from(["valid", "same"]))}
    how = data.draw(st.sampled_from(["strides", "dilation_rate"]))
    arguments[how] = data.draw(st.integers(1, 3))  # depthwise convolutions of TensorFlow take equal strides only
    if not kind.startswith("Depthwise"):
        arguments["filters"] = data.draw(st.integers(1, 4))
    shape = (*data.draw(st.tuples(*[st.integers(5, 9)] * rank)), data.draw(st.integers(1, 3)))
    try:
        difference = against.compare(against.Case(kind, arguments, shape))
    except NetworkError:
        return  # the kernel is larger than the map
    assert difference.output <= 1e-5
    assert difference.gradient <= 1e-4


@pytest.mark.parametrize("kind", [f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)])
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_pooling_with_any_arguments_does_what_kerass_does(kind, data):
    rank = int(re.search(r"\d", kind)[0])
    padding = "valid" if kind.startswith("Average") else data.draw(st.sampled_from(["valid", "same"]))  # see NOTES
    arguments = {"pool_size": data.draw(st.tuples(*[st.integers(1, 5)] * rank)), "padding": padding}
    arguments["strides"] = data.draw(st.none() | st.tuples(*[st.integers(1, 4)] * rank))
    shape = (*data.draw(st.tuples(*[st.integers(5, 9)] * rank)), data.draw(st.integers(1, 3)))
    difference = against.compare(against.Case(kind, arguments, shape))
    assert difference.output <= 1e-5
    assert difference.gradient <= 1e-4


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_layers_get_the_names_that_keras_gives(kind):
    from opsin.nn.naming import snake_case

    assert snake_case(kind) == keras.src.utils.naming.to_snake_case(kind)
