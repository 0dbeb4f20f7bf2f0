"""Contract of every layer, with random valid arguments: shapes, JSON, parameters, multiply-adds, gradients."""

import json
import re
from dataclasses import fields

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch.utils.flop_counter import FlopCounterMode

from opsin import nn
from opsin.core import NetworkError
from opsin.nn import Activation, BatchNormalization, Layer, Sequential, layer_from_json

ACTIVATIONS = st.sampled_from([None, "linear", "relu", "gelu", "silu", "sigmoid", "softmax", "tanh", "elu"])
PADDINGS = st.sampled_from(["valid", "same"])
INITIALIZERS = st.sampled_from(["glorot_uniform", "he_normal", "lecun_normal", "dirac", "zeros"])
FLAGS = st.booleans()
METHODS = st.sampled_from(["nearest", "bilinear"])


def sizes(rank, low, high):
    return st.one_of(st.integers(low, high), st.tuples(*[st.integers(low, high)] * rank))


def maps(rank, channels=(1, 6)):
    return st.tuples(*[st.integers(9, 11)] * rank, st.integers(*channels))


SHAPES = st.one_of(maps(0, (1, 9)), maps(1), maps(2), maps(3))
EVEN = st.one_of(*(maps(rank, (1, 3)).map(lambda shape: (*shape[:-1], 2 * shape[-1])) for rank in range(4)))


@st.composite
def convolutions(draw, rank):
    *positions, channels = draw(maps(rank))
    groups = draw(st.sampled_from([1, 2, 3]))
    paddings = PADDINGS if rank > 1 else PADDINGS | st.just("causal")
    strided = draw(FLAGS)
    layer = getattr(nn, f"Conv{rank}D")(
        groups * draw(st.integers(1, 4)), draw(sizes(rank, 1, 4)), draw(sizes(rank, 1, 3)) if strided else 1,
        draw(paddings), draw(ACTIVATIONS), draw(FLAGS), 1 if strided else draw(sizes(rank, 1, 2)), groups,
        draw(INITIALIZERS),
    )  # fmt: skip
    return layer, (*positions, groups * channels)


@st.composite
def other_convolutions(draw, kind, rank):
    strided = draw(FLAGS)
    arguments = {
        "kernel_size": draw(sizes(rank, 1, 4)),
        "strides": draw(sizes(rank, 1, 3)) if strided else 1,
        "dilation_rate": 1 if strided else draw(sizes(rank, 1, 2)),
        "padding": draw(PADDINGS),
        "activation": draw(ACTIVATIONS),
        "use_bias": draw(FLAGS),
    }
    if kind != "DepthwiseConv":
        arguments["filters"] = draw(st.integers(1, 4))
    if kind != "Transpose":
        arguments["depth_multiplier"] = draw(st.integers(1, 3))
    if kind == "Transpose" and draw(FLAGS):
        strides = arguments["strides"] if isinstance(arguments["strides"], tuple) else (arguments["strides"],) * rank
        arguments["output_padding"] = tuple(draw(st.integers(0, stride - 1)) for stride in strides)
    name = f"Conv{rank}DTranspose" if kind == "Transpose" else f"{kind}{rank}D"
    return getattr(nn, name)(**arguments), draw(maps(rank))


@st.composite
def residuals(draw):
    height, width, channels = draw(maps(2))
    strides, filters = draw(st.integers(1, 2)), draw(st.integers(1, 5))
    body = [nn.Conv2D(filters, draw(st.integers(1, 3)), strides, "same"), BatchNormalization(), Activation("relu")]
    identity = strides == 1 and filters == channels
    return nn.Residual(body, [] if identity else [nn.Conv2D(filters, 1, strides)]), (height, width, channels)


@st.composite
def parallels(draw):
    height, width, channels = draw(maps(2))
    merge = draw(st.sampled_from(["concatenate", "add", "multiply"]))
    filters = draw(st.integers(1, 4)) if merge == "concatenate" else channels
    narrow = [nn.Conv2D(filters, draw(st.integers(1, 3)), padding="same"), Activation("relu")]
    gate = [] if merge == "concatenate" else [nn.GlobalAveragePooling2D(keepdims=True), nn.Conv2D(channels, 1)]
    return nn.Parallel([[], narrow, gate], merge), (height, width, channels)


def pooling(name, rank):
    kind = getattr(nn, f"{name}{rank}D")
    return st.tuples(st.builds(kind, sizes(rank, 1, 4), st.none() | sizes(rank, 1, 4), PADDINGS), maps(rank))


def normalization(kind, *first):
    return st.builds(kind, *first, st.floats(1e-6, 1), FLAGS, FLAGS)


@st.composite
def shared_slopes(draw):
    shape = draw(SHAPES)
    axes = st.integers(1, len(shape))
    shared = draw(st.none() | axes | st.lists(axes, max_size=3).map(tuple))
    return nn.PReLU(draw(st.sampled_from(["zeros", "glorot_uniform", "he_normal"])), shared), shape


SLOPES = st.floats(0, 9)


def ranked(name, ranks, layer, shape=maps):
    return {f"{name}{rank}D": st.tuples(layer(getattr(nn, f"{name}{rank}D"), rank), shape(rank)) for rank in ranks}


def wide_maps(rank):
    """Draws shapes that can be cropped by two positions on each side."""
    return st.tuples(*[st.integers(5, 7)] * rank, st.integers(1, 3))


ALL = (1, 2, 3)
CASES = {
    **{f"Conv{rank}D": convolutions(rank) for rank in ALL},
    **{f"Conv{rank}DTranspose": other_convolutions("Transpose", rank) for rank in ALL},
    **{f"DepthwiseConv{rank}D": other_convolutions("DepthwiseConv", rank) for rank in (1, 2)},
    **{f"SeparableConv{rank}D": other_convolutions("SeparableConv", rank) for rank in (1, 2)},
    **{f"{kind}Pooling{rank}D": pooling(f"{kind}Pooling", rank) for kind in ("Max", "Average") for rank in ALL},
    **ranked("GlobalMaxPooling", ALL, lambda kind, rank: st.builds(kind, FLAGS)),
    **ranked("GlobalAveragePooling", ALL, lambda kind, rank: st.builds(kind, FLAGS)),
    **ranked("SpatialDropout", ALL, lambda kind, rank: st.builds(kind, st.floats(0, 1))),
    **ranked("UpSampling", (1, 3), lambda kind, rank: st.builds(kind, sizes(rank, 1, 3))),
    **ranked("UpSampling", (2,), lambda kind, _: st.builds(kind, sizes(2, 1, 3), METHODS)),
    **ranked("ZeroPadding", ALL, lambda kind, rank: st.builds(kind, sizes(rank, 0, 3) if rank > 1 else sizes(2, 0, 3))),
    **ranked("Cropping", ALL, lambda kind, rank: st.builds(kind, sizes(max(rank, 2), 0, 2)), wide_maps),
    "Activation": st.tuples(st.builds(Activation, st.sampled_from(sorted(nn.layers.activations.FUNCTIONS))), EVEN),
    "BatchNormalization": st.tuples(normalization(BatchNormalization, st.floats(0, 1)), SHAPES),
    "Dense": st.tuples(st.builds(nn.Dense, st.integers(1, 5), ACTIVATIONS, FLAGS, INITIALIZERS), SHAPES),
    "Dropout": st.tuples(st.builds(nn.Dropout, st.floats(0, 1)), SHAPES),
    "ELU": st.tuples(st.builds(nn.ELU, st.floats(-9, 9)), SHAPES),
    "Flatten": st.tuples(st.just(nn.Flatten()), SHAPES),
    "GroupNormalization": st.tuples(normalization(nn.GroupNormalization, st.integers(1, 2)), EVEN),
    "LayerNormalization": st.tuples(normalization(nn.LayerNormalization), SHAPES),
    "LayerScale": st.tuples(st.builds(nn.LayerScale, st.floats(0, 1)), SHAPES),
    "LeakyReLU": st.tuples(st.builds(nn.LeakyReLU, SLOPES), SHAPES),
    "PReLU": shared_slopes(),
    "Parallel": parallels(),
    "ReLU": st.tuples(st.builds(nn.ReLU, st.none() | SLOPES, SLOPES, SLOPES), SHAPES),
    "Rescaling": st.tuples(st.builds(nn.Rescaling, st.floats(-9, 9), st.floats(-9, 9)), SHAPES),
    "Reshape": st.tuples(st.builds(nn.Reshape, st.sampled_from([(-1,), (3, -1), (2, 6, 9)])), st.just((9, 12, 1))),
    "Residual": residuals(),
    "Skip": st.tuples(st.builds(lambda n: nn.Skip([nn.Conv2D(n, 3, padding="same")]), st.integers(1, 4)), maps(2)),
    "Softmax": st.tuples(st.just(nn.Softmax()), SHAPES),
    "Stage": st.tuples(st.builds(lambda p: nn.Stage([nn.ZeroPadding2D(1), p[0]]), pooling("MaxPooling", 2)), maps(2)),
}  # fmt: skip


def test_every_layer_has_a_case():
    public = {name for name, kind in vars(nn).items() if isinstance(kind, type) and issubclass(kind, Layer)} - {"Layer"}
    assert set(CASES) == public == set(nn.from_json.KINDS)


@pytest.mark.parametrize("kind", CASES)
def test_every_argument_is_documented(kind):
    layer = getattr(nn, kind)
    assert re.findall(r"^        (\w+): ", layer.__doc__, re.MULTILINE) == [f.name for f in fields(layer)[1:]] + [
        "name"
    ]


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_layer_fulfils_the_contract(kind, data):
    layer, shape = data.draw(CASES[kind])
    assert type(layer).__name__ == kind
    module = layer.build(shape).eval()
    x = torch.randn(2, shape[-1], *shape[:-1])
    before = x.clone()
    with FlopCounterMode(display=False) as counter:
        y = module(x)

    assert tuple(y.shape) == (2, layer.output_shape(shape)[-1], *layer.output_shape(shape)[:-1])
    assert torch.isfinite(y).all()
    assert torch.equal(x, before), "the input must be left as it was"
    assert sum(p.numel() for p in module.parameters()) == layer.trainable_parameters(shape)
    fixed = sum(b.numel() for name, b in module.named_buffers() if not name.endswith("num_batches_tracked"))
    assert fixed == layer.fixed_parameters(shape)
    assert counter.get_total_flops() == 2 * len(x) * layer.multiply_adds(shape)
    assert layer_from_json(json.loads(json.dumps(layer.to_json()))) == layer
    assert hash(layer) == hash(layer_from_json(layer.to_json()))
    assert eval(repr(layer), vars(nn)) == layer


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_layer_trains(kind, data):
    layer, shape = data.draw(CASES[kind])
    module = layer.build(shape).train()
    x = torch.randn(3, shape[-1], *shape[:-1], requires_grad=True)
    module(x).sum().backward()
    assert x.grad is not None
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in module.parameters())


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_layer_in_a_network_gives_what_its_module_gives(kind, data):
    layer, shape = data.draw(CASES[kind])
    net = Sequential([layer], input_shape=shape, seed=data.draw(st.integers(0, 99))).eval()
    x = torch.randn(2, shape[-1], *shape[:-1])
    module = layer.build(shape).eval()
    module.load_state_dict({key.partition(".")[2]: value for key, value in net.state_dict().items()})
    torch.testing.assert_close(net(x), module(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_unknown_and_missing_fields_are_refused(kind, data):
    layer, _ = data.draw(CASES[kind])
    description = layer.to_json()
    with pytest.raises(NetworkError, match="colour"):
        layer_from_json({**description, "colour": 1})
    gone = data.draw(st.sampled_from(sorted(description.keys() - nn.from_json.ADDED_LATER)))
    with pytest.raises(NetworkError):
        layer_from_json({key: value for key, value in description.items() if key != gone})


@pytest.mark.parametrize("rank", ALL)
def test_descriptions_of_earlier_versions_mean_what_they_meant(rank):
    layer = getattr(nn, f"Conv{rank}DTranspose")(4, 3, 2, name="up")
    earlier = {key: value for key, value in layer.to_json().items() if key != "output_padding"}
    assert layer_from_json(earlier) == layer
