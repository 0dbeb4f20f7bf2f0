"""Every layer rejects every invalid argument and shape at construction, with one line that states the fix."""

import json
import time
from dataclasses import MISSING, fields
from unittest import mock

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from opsin import nn
from opsin.core import NetworkError
from opsin.nn import Conv2D, Dense, Flatten, Input, Layer, MaxPooling2D, Residual, Sequential, Stage, layer_from_json
from opsin.nn.from_json import KINDS
from opsin.nn.initializers import INITIALIZERS
from opsin.nn.layers.activations import FUNCTIONS

INF, NAN, LONG = float("inf"), float("nan"), 10**5000
DEEP = []
for _ in range(5000):
    DEEP = [DEEP]
ANY = [None, "3", "", b"3", 1.5, NAN, INF, True, -1, 2**31, LONG, [], {}, [[3]], DEEP, object(), np.ones(2), int,
       torch.ones(2), np.float32("nan"), [1, 2, 3, 4], (1, None), [True, True], lambda: 3, "\ud800"]  # fmt: skip
COUNT = {"count", "counts"}
KIND_OF = {
    "filters": "count", "units": "count", "groups": "count", "depth_multiplier": "count",
    "kernel_size": "counts", "strides": "counts", "dilation_rate": "counts", "pool_size": "counts", "size": "counts",
    "padding": "choice", "activation": "choice", "interpolation": "choice", "merge": "choice",
    "kernel_initializer": "choice", "depthwise_initializer": "choice", "pointwise_initializer": "choice",
    "use_bias": "flag", "keepdims": "flag", "center": "flag", "scale": "flag",
    "rate": "share", "momentum": "share", "epsilon": "share", "initial": "share",
    "alpha_initializer": "choice", "axis": "last", "output_padding": "amounts or none", "shared_axes": "axes",
    "max_value": "amount or none", "negative_slope": "amount", "threshold": "amount", "alpha": "number",
    "layers": "layers", "shortcut": "layers", "branches_of_layers": "layers", "target_shape": "sizes",
}  # fmt: skip
LEGAL = {
    "filters": 4, "units": 4, "kernel_size": 3, "rate": 0.5, "activation": "relu", "layers": [Dense(2)],
    "branches_of_layers": [[Dense(2)]], "target_shape": (2, -1), "scale": 1.0,
}  # fmt: skip
RANKED = {1: (8, 4), 2: (8, 8, 4), 3: (8, 8, 8, 4)}


def described(kind, **arguments):
    """Returns the layer with these arguments and valid values for the others."""
    needed = {f.name: LEGAL[f.name] for f in fields(KINDS[kind]) if f.default is MISSING}
    return KINDS[kind](**needed | arguments)


def kind_of(kind, field):
    if kind.startswith(("ZeroPadding", "Cropping")):
        return "amounts"
    return "number" if kind == "Rescaling" else KIND_OF[field]


def is_legal(what, value, kind, field):
    """Returns True for valid values, implemented independently of the checks of the layers."""
    rank = next((digit for digit in (1, 2, 3) if f"{digit}D" in kind), 0)
    if what in ("flag", "layers"):
        return (isinstance(value, bool) and what == "flag") or (
            value == [] and isinstance(value, list) and what == "layers" and field != "branches_of_layers"
        )
    if what == "choice":
        return value is None and field == "activation" and kind != "Activation"
    if what == "last":
        return type(value) is int and value == -1
    if what.startswith("amount") and not what.startswith("amounts"):
        return (value is None and what.endswith("none")) or (type(value) in (int, float) and 0 <= value <= 1e30)
    if what == "axes":
        return value is None or (type(value) is list and value in ([], [1, 2, 3, 4]))
    if what == "amounts or none":
        return value is None
    if what == "share":
        return type(value) in (int, float) and 0 <= value <= 1
    if what == "number":
        return type(value) in (int, float) and abs(value) <= 1e30
    if what == "sizes":
        return type(value) is list and value == [1, 2, 3, 4]
    if value is None:
        return field == "strides" and "Pooling" in kind
    return type(value) is list and value == [1, 2, 3, 4] and rank == 4


CASES = [
    (kind, field.name)
    for kind, layer in sorted(KINDS.items())
    for field in fields(layer)
    if field.name != "name" and not (kind == "Skip" and field.name == "merge")
]


def refused(make):
    """Returns the message of the NetworkError that `make` raises."""
    with pytest.raises(NetworkError) as caught:
        make()
    text = str(caught.value)
    assert "\n" not in text and 20 < len(text) < 900, text
    return text


@pytest.mark.parametrize(("kind", "field"), CASES, ids=map(".".join, CASES))
def test_an_invalid_argument_raises_one_clear_error(kind, field):
    what = kind_of(kind, field)
    for value in ANY:
        try:
            legal = is_legal(what, value, kind, field)
        except (ValueError, RuntimeError):  # an array compared with a number
            legal = False
        if legal:
            described(kind, **{field: value})
            continue
        text = refused(lambda value=value: described(kind, **{field: value}))
        assert text.startswith(kind) and "Expected" in text and (f"got {field}=" in text or f"in {field}." in text), (
            text
        )


NUMBERS = {"share", "number", "amount", "amount or none"}
CHOICES = {"padding": ("valid", "same"), "interpolation": ("nearest", "bilinear"), "activation": tuple(FUNCTIONS),
           "alpha_initializer": [name for name in INITIALIZERS if name != "dirac"],
           "merge": ("concatenate", "add", "multiply")}  # fmt: skip


@pytest.mark.parametrize(("kind", "field"), [case for case in CASES if kind_of(*case) == "choice"])
def test_an_unknown_choice_lists_the_valid_ones(kind, field):
    text = refused(lambda: described(kind, **{field: "sane"}))
    choices = CHOICES.get(field, INITIALIZERS)
    assert all(repr(choice) in text for choice in choices if choice != "glu"), text


@pytest.mark.parametrize(("kind", "field"), [case for case in CASES if kind_of(*case) in COUNT | NUMBERS])
def test_numpy_numbers_are_converted(kind, field):
    whole = kind_of(kind, field) in COUNT
    layer = described(kind, **{field: np.int64(1) if whole else np.float32(0.5)})
    assert layer == described(kind, **{field: 1 if whole else 0.5})
    json.dumps(layer.to_json())


def test_numpy_booleans_and_shapes_are_converted():
    net = Sequential(
        [Conv2D(np.int32(4), np.array([3, 3]).tolist(), use_bias=np.bool_(False)), nn.ZeroPadding2D(np.int64(1)),
         nn.Reshape((np.int64(-1),))],
        input_shape=tuple(np.array((8, 8, 3))),
    )  # fmt: skip
    assert Sequential.from_json(json.loads(json.dumps(net.to_json()))).layers == net.layers


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if kind[-2:] in ("1D", "2D", "3D") or "DT" in kind))
def test_a_layer_of_the_wrong_rank_reports_the_shape_and_a_fix(kind):
    layer = described(kind, name="mine")
    rank = int(next(letter for letter in kind if letter in "123"))
    for other in (1, 2, 3):
        if other != rank:
            text = refused(lambda other=other: Sequential([layer], input_shape=RANKED[other]))
            assert text.startswith(f"{kind} 'mine' got an input of shape 8x") and "Expected (" in text, text
            better = kind.replace(f"{rank}D", f"{other}D")
            assert (f"use {better}" in text) == (better in KINDS), text
    assert "before Flatten or global pooling" in refused(lambda: layer.output_shape((128,)))
    if rank == 2:
        assert "add the channels to the shape, 28x28x1 for one" in refused(lambda: layer.output_shape((28, 28)))
        assert "omit the batch size, 28x28x3" in refused(lambda: layer.output_shape((16, 28, 28, 3)))


PLAIN = [Conv2D(4, 3), Flatten(), Dense(2)]
NETWORKS = {
    "Sequential got Dense(units=2). Expected a list of layers": lambda: Sequential(Dense(2), input_shape=(4,)),
    "got <class 'opsin.nn.layers.reshaping.Flatten'> in layers. Expected only layers. Fix: create an": lambda: (
        Sequential([Flatten])
    ),
    "got Linear(in_features=2, out_features=2, bias=True) in layers. Expected only layers. Fix: use": lambda: (
        Sequential([torch.nn.Linear(2, 2)])
    ),
    "Fix: wrap its layers in a Stage": lambda: Sequential([Sequential(PLAIN, input_shape=(8, 8, 3))]),
    "Fix: wrap the list in a Stage": lambda: Sequential([[Dense(2)]], input_shape=(4,)),
    "got None in layers": lambda: Stage([Dense(1), None]),
    "input_shape is None. Expected integers": lambda: Sequential(PLAIN),
    "input_shape is (None, None, 3). Expected": lambda: Sequential(PLAIN, input_shape=(None, None, 3)),
    "input_shape is (8, 8.0, 3). Expected": lambda: Sequential(PLAIN, input_shape=(8, 8.0, 3)),
    "input_shape is (0, 8, 3). Expected": lambda: Sequential(PLAIN, input_shape=(0, 8, 3)),
    "input_shape is 8. Expected": lambda: Sequential([Input(8), *PLAIN]),
    "but Input has (9, 9, 3). Expected one shape. Fix: omit one": lambda: Sequential(
        [Input((9, 9, 3)), *PLAIN], input_shape=(8, 8, 3)
    ),
    "Input follows other layers": lambda: Sequential([*PLAIN, Input((2,))], input_shape=(8, 8, 3)),
    "the network has name=3. Expected a string": lambda: Sequential(PLAIN, input_shape=(8, 8, 3), name=3),
    "Dense 'a' has the same name as another layer": lambda: Sequential(
        [Dense(1, name="a"), Dense(1, name="a")], input_shape=(4,)
    ),
    "stage1/residual/body/pool: MaxPooling2D 'pool' got an input of 8x8. Expected at least 9x9.": lambda: Sequential(
        [Stage([Residual([MaxPooling2D(9, name="pool")])], name="stage1")], input_shape=(8, 8, 3)
    ),
    "stage/residual: Residual 'residual' cannot add 6x6x4 of its layers to 8x8x3": lambda: Sequential(
        [Stage([Residual([Conv2D(4, 3)])])], input_shape=(8, 8, 3)
    ),
    "Skip 'skip' cannot concatenate 7x7x3 and 6x6x4. Expected equal heights": lambda: Sequential(
        [nn.Skip([Conv2D(4, 2, 2), nn.UpSampling2D()])], input_shape=(7, 7, 3)
    ),
    "cannot reshape 8x8x3 to 5x5. Expected sizes whose product is 192": lambda: Sequential(
        [nn.Reshape((5, 5))], input_shape=(8, 8, 3)
    ),
    "GroupNormalization cannot divide the 3 channels of 8x8x3 into 2 groups": lambda: nn.GroupNormalization(
        2
    ).output_shape((8, 8, 3)),
    "PReLU has shared_axes=(3,) for an input of 8x4. Expected axes from 1 to 2": lambda: nn.PReLU(
        shared_axes=3
    ).output_shape((8, 4)),
    "Conv2DTranspose got output_padding=2x1. Expected less than its strides, 2x3": lambda: nn.Conv2DTranspose(
        4, 3, (2, 3), output_padding=(2, 1)
    ),
    "has an output of 0x8 for an input of 1x8x3. Expected sizes of at least 1. Fix: omit output_padding": lambda: (
        nn.Conv2DTranspose(4, (2, 1), padding="same", output_padding=0).output_shape((1, 8, 3))
    ),
    "Conv2D got padding='causal'. Expected one of 'valid', 'same'": lambda: Conv2D(4, 3, padding="causal"),
    "halves the channels of 8x8x3": lambda: nn.Activation("glu").output_shape((8, 8, 3)),
    "got an input of 2x2x2x2x2. Expected at most 3 spatial axes": lambda: nn.BatchNormalization().output_shape(
        (2,) * 5
    ),
    "UpSampling2D 'up_sampling2d' has an output of 800000000x800000000x3": lambda: Sequential(
        [nn.UpSampling2D(10**8)], input_shape=(8, 8, 3)
    ),
    "has 1,651,414,924,543 parameters. Expected at most": lambda: Sequential(
        [Dense(2**31 - 1, use_bias=False), Dense(768, use_bias=False)], input_shape=(1,)
    ),
}


@pytest.mark.parametrize("message", NETWORKS)
def test_an_invalid_network_raises_one_clear_error(message):
    assert message in refused(NETWORKS[message])


def test_exploding_sizes_raise_an_error_at_once():
    begun = time.perf_counter()
    assert "Expected at most" in refused(lambda: Sequential([nn.UpSampling1D(2**30)] * 600, input_shape=(2, 1)))
    assert time.perf_counter() - begun < 2


def test_many_layers_are_named_in_linear_time():
    begun = time.perf_counter()
    named = Stage([Flatten(name=f"layer{number}") for number in range(20_000)])
    assert len(named.layers) == 20_000
    assert time.perf_counter() - begun < 5


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([2**31, 2**40, 10**40])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner,
                    max_size=3), max_leaves=8)  # fmt: skip


@st.composite
def almost_layers(draw):
    """Draws the JSON of a layer with random values replaced."""
    data = json.loads(json.dumps(described(draw(st.sampled_from(sorted(KINDS)))).to_json()))
    for _ in range(draw(st.integers(0, 2))):
        place = data
        while isinstance(place, (dict, list)) and place:
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            if draw(st.booleans()) or not isinstance(place[key], (dict, list)):
                place[key] = draw(JSON | st.sampled_from(sorted(KINDS)).map(lambda kind: described(kind).to_json()))
                break
            place = place[key]
    return data


@settings(max_examples=400, deadline=2000, derandomize=True)
@given(st.one_of(JSON, almost_layers(), st.fixed_dictionaries({"type": st.sampled_from(sorted(KINDS)), "name": JSON})))
def test_any_json_is_a_layer_or_one_clear_error(data):
    try:
        layer = layer_from_json(data)
    except NetworkError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000
        return
    assert isinstance(layer, Layer)
    assert layer_from_json(json.loads(json.dumps(layer.to_json()))) == layer


@settings(max_examples=200, deadline=2000, derandomize=True)
@given(st.lists(almost_layers(), max_size=3), st.lists(st.integers(1, 12), min_size=1, max_size=4), JSON)
def test_any_json_is_a_network_or_one_clear_error(layers, shape, name):
    data = {"type": "Sequential", "name": name, "input_shape": shape, "layers": layers}
    try:
        with mock.patch("opsin.nn.sequential._MAX_PARAMETERS", 10**6):
            net = Sequential.from_json(data)
    except NetworkError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000
        return
    assert Sequential.from_json(net.to_json()).layers == net.layers


def deep(value):
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "data",
    [deep(3), {"type": deep(3)}, Dense(3).to_json() | {"units": deep(3)}, Stage([]).to_json() | {"layers": deep(3)},
     Dense(3).to_json() | {"units": LONG}, {"type": LONG}, Dense(3).to_json() | {LONG: 1},
     {"x" * 10**6: 1, "type": "Dense"},
     Dense(3).to_json() | {str(n): n for n in range(10_000)}, Dense(3).to_json() | {"activation": "x" * 10**7}],
    ids=range(10),
)  # fmt: skip
def test_malicious_json_raises_a_short_error(data):
    begun = time.perf_counter()
    text = refused(lambda: layer_from_json(data))
    assert len(text) < 900
    assert time.perf_counter() - begun < 1
