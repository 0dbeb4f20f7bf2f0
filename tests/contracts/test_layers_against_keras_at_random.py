"""Layers with random valid arguments equal Keras's for the same weights: shapes, parameters, outputs, gradients."""

import importlib.util
import math
import os
import sys
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="keras, the oracle, is not installed")
if keras.backend.backend() != "torch":
    pytest.skip("keras was started on another backend than torch", allow_module_level=True)

_PATH = Path(__file__).parents[2] / "benchmarks" / "layers_against_keras.py"
_SPEC = importlib.util.spec_from_file_location("layers_against_keras", _PATH)
against = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = against
_SPEC.loader.exec_module(against)
Case = against.Case
pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")  # of one channel

RANKS = (1, 2, 3)
POOLINGS = [f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in RANKS]
CONVOLUTIONS = [f"Conv{rank}D{end}" for rank in RANKS for end in ("", "Transpose")]
CONVOLUTIONS += [f"{kind}Conv{rank}D" for kind in ("Depthwise", "Separable") for rank in (1, 2)]
FLAGS = st.booleans()
PADDINGS = ("valid", "same")
ACTIVATIONS = st.sampled_from([None, "linear", "relu", "tanh", "gelu", "selu", "softmax", "leaky_relu", "softplus"])
SHAPES = st.one_of(*(st.tuples(*[st.integers(2, 6)] * (rank + 1)) for rank in range(4)))
MAPS = st.one_of(*(st.tuples(*[st.integers(2, 6)] * (rank + 1)) for rank in RANKS))
NUMBERS = st.floats(-3, 3, width=16)
SLOPES = st.one_of(st.just(0.0), st.floats(0, 3, width=16))
EPSILONS = st.sampled_from([1e-4, 1e-3, 1e-2, 0.1])


def rank_of(kind):
    return int(next(letter for letter in kind if letter.isdigit()))


def each(rank, low, high):
    return st.tuples(*[st.integers(low, high)] * rank)


@st.composite
def windowed(draw, kind, rank):
    """Draws a convolution with valid arguments, and an input that is at least as large as its kernel."""
    depthwise = kind.startswith(("Depthwise", "Separable"))
    sizes = draw(each(rank, 1, 4))
    paddings = (*PADDINGS, "causal") if kind == "Conv1D" else PADDINGS
    arguments = {"kernel_size": sizes, "padding": draw(st.sampled_from(paddings))}
    steps = (draw(st.integers(1, 3)),) * rank if depthwise else draw(each(rank, 1, 3))  # TensorFlow's take equal ones
    arguments |= {draw(st.sampled_from(["strides", "dilation_rate"])): steps}
    arguments |= {"activation": draw(ACTIVATIONS), "use_bias": draw(FLAGS)}
    groups = draw(st.sampled_from([1, 1, 2, 3])) if kind in ("Conv1D", "Conv2D", "Conv3D") else 1
    if not kind.startswith("Depthwise"):
        arguments["filters"] = groups * draw(st.integers(1, 3))
    if groups > 1:
        arguments["groups"] = groups
    if depthwise:
        arguments["depth_multiplier"] = draw(st.integers(1, 3))
    if "Transpose" in kind and draw(FLAGS):
        strides = arguments.get("strides", (1,) * rank)
        arguments["output_padding"] = tuple(draw(st.integers(0, stride - 1)) for stride in strides)
    dilation = arguments.get("dilation_rate", (1,) * rank)
    extents = [(size - 1) * step + 1 for size, step in zip(sizes, dilation, strict=True)]
    least = extents if arguments["padding"] == "valid" and "Transpose" not in kind else [2] * rank
    shape = tuple(draw(st.integers(low, low + 4)) for low in least)
    return Case(kind, arguments, (*shape, groups * draw(st.integers(1, 3))))


@st.composite
def pooling(draw, kind, rank):
    padding = "valid" if kind.startswith("Average") else draw(st.sampled_from(PADDINGS))  # see NOTES
    strides = draw(st.none() | each(rank, 1, 4))
    arguments = {"pool_size": draw(each(rank, 1, 5)), "padding": padding, "strides": strides}
    return Case(kind, arguments, (*draw(each(rank, 5, 9)), draw(st.integers(1, 3))))


@st.composite
def upsampling(draw, kind, rank):
    arguments = {"size": draw(st.integers(1, 4) if rank == 1 else st.one_of(st.integers(1, 3), each(rank, 1, 3)))}
    if rank == 2:
        arguments["interpolation"] = draw(st.sampled_from(["nearest", "bilinear"]))
    return Case(kind, arguments, (*draw(each(rank, 1, 6)), draw(st.integers(1, 3))))


@st.composite
def borders(draw, kind, rank):
    pairs = st.tuples(*[each(2, 0, 3)] * rank) if rank > 1 else each(2, 0, 3)
    amounts = draw(st.one_of(st.integers(0, 3), pairs, *([each(rank, 0, 3)] if rank > 1 else [])))
    key, least = ("padding", 1) if kind.startswith("ZeroPadding") else ("cropping", 7)
    return Case(kind, {key: amounts}, (*draw(each(rank, least, least + 4)), draw(st.integers(1, 3))))


@st.composite
def normalization(draw, kind):
    arguments = {"epsilon": draw(EPSILONS), "center": draw(FLAGS), "scale": draw(FLAGS)}
    shape = draw(SHAPES if kind == "LayerNormalization" else MAPS)
    if kind == "GroupNormalization":
        arguments["groups"] = draw(st.sampled_from([n for n in range(1, shape[-1] + 1) if shape[-1] % n == 0]))
    if kind == "BatchNormalization":
        arguments["momentum"] = draw(st.floats(0, 1))
    return Case(kind, arguments, shape, kind == "BatchNormalization" and draw(FLAGS))


@st.composite
def reshape(draw):
    shape = draw(SHAPES)
    factors = [prime for size in shape for prime in _factors(size)]
    target = [1] * draw(st.integers(1, 4))
    for factor in draw(st.permutations(factors)):
        target[draw(st.integers(0, len(target) - 1))] *= factor
    assert math.prod(target) == math.prod(shape)
    if draw(FLAGS):
        target[draw(st.integers(0, len(target) - 1))] = -1
    return Case("Reshape", {"target_shape": tuple(target)}, shape)


def _factors(size):
    return next(([n, *_factors(size // n)] for n in range(2, size + 1) if size % n == 0), [])


@st.composite
def slopes(draw):
    shape = draw(SHAPES)
    axes = st.integers(1, len(shape))
    return Case("PReLU", {"shared_axes": draw(st.none() | axes | st.lists(axes, unique=True, max_size=3))}, shape)


def plain(kind, **arguments):
    return st.builds(Case, st.just(kind), st.fixed_dictionaries(arguments), SHAPES)


CASES = {
    **{kind: windowed(kind, rank_of(kind)) for kind in CONVOLUTIONS},
    **{kind: pooling(kind, rank_of(kind)) for kind in POOLINGS},
    **{f"UpSampling{rank}D": upsampling(f"UpSampling{rank}D", rank) for rank in RANKS},
    **{f"{kind}{rank}D": borders(f"{kind}{rank}D", rank) for kind in ("ZeroPadding", "Cropping") for rank in RANKS},
    **{kind: normalization(kind) for kind in ("BatchNormalization", "GroupNormalization", "LayerNormalization")},
    "Dense": plain("Dense", units=st.integers(1, 5), activation=ACTIVATIONS, use_bias=FLAGS),
    "ELU": plain("ELU", alpha=NUMBERS),
    "Flatten": plain("Flatten"),
    "LeakyReLU": plain("LeakyReLU", negative_slope=SLOPES),
    "PReLU": slopes(),
    "ReLU": plain("ReLU", max_value=st.none() | SLOPES, negative_slope=SLOPES, threshold=SLOPES),
    "Rescaling": plain("Rescaling", scale=NUMBERS, offset=NUMBERS),
    "Reshape": reshape(),
}  # fmt: skip


def wrong_by_torch(case):
    """Returns True where PyTorch 2.13, and so Keras, reads outside of the input (see torch_workarounds.py)."""
    strides = case.arguments.get("strides", 1)
    across = strides[-1] if isinstance(strides, tuple | list) else strides
    if "Conv" not in case.kind or case.kind.endswith(("1D", "Transpose")) or case.shape[-1] != 1 or across == 1:
        return False
    return getattr(against.nn, case.kind)(**case.arguments).output_shape(case.shape)[-2] == 1


def holds(case):
    if wrong_by_torch(case):
        return
    difference = against.compare(case)
    assert difference.output <= 1e-5 and difference.gradient <= 1e-4, difference


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_layer_with_any_arguments_does_what_kerass_does(kind, data):
    holds(data.draw(CASES[kind]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_layer_with_many_arguments_does_what_kerass_does(kind, data):
    holds(data.draw(CASES[kind]))
