"""What every layer promises, on random legal arguments: shapes, JSON, parameters, multiply-adds, gradients."""

import json

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch.utils.flop_counter import FlopCounterMode

from opsin.core import NetworkError
from opsin.nn import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    Residual,
    Sequential,
    Stage,
    ZeroPadding2D,
    layer_from_json,
)

ACTIVATIONS = st.sampled_from([None, "linear", "relu", "gelu", "silu", "sigmoid", "softmax", "tanh", "elu"])
PADDINGS = st.sampled_from(["valid", "same"])
INITIALIZERS = st.sampled_from(["glorot_uniform", "he_normal", "lecun_normal", "dirac", "zeros"])
IMAGES = st.tuples(st.integers(9, 13), st.integers(9, 13), st.integers(1, 6))
SHAPES = st.one_of(IMAGES, st.tuples(st.integers(1, 9)))


def sizes(low, high):
    return st.one_of(st.integers(low, high), st.tuples(st.integers(low, high), st.integers(low, high)))


@st.composite
def convolutions(draw):
    height, width, channels = draw(IMAGES)
    groups = draw(st.sampled_from([1, 2, 3]))
    strided = draw(st.booleans())
    layer = Conv2D(
        groups * draw(st.integers(1, 4)), draw(sizes(1, 4)), draw(sizes(1, 3)) if strided else 1, draw(PADDINGS),
        draw(ACTIVATIONS), draw(st.booleans()), 1 if strided else draw(sizes(1, 2)), groups, draw(INITIALIZERS),
    )  # fmt: skip
    return layer, (height, width, groups * channels)


@st.composite
def residuals(draw):
    height, width, channels = draw(IMAGES)
    strides, filters = draw(st.integers(1, 2)), draw(st.integers(1, 5))
    body = [Conv2D(filters, draw(st.integers(1, 3)), strides, "same"), BatchNormalization(), Activation("relu")]
    identity = strides == 1 and filters == channels
    return Residual(body, [] if identity else [Conv2D(filters, 1, strides)]), (height, width, channels)


def pooling(kind):
    return st.tuples(st.builds(kind, sizes(1, 4), st.one_of(st.none(), sizes(1, 4)), PADDINGS), IMAGES)


CASES = {
    "Activation": st.tuples(st.builds(Activation, st.sampled_from(["relu", "gelu", "softmax", "linear"])), SHAPES),
    "AveragePooling2D": pooling(AveragePooling2D),
    "BatchNormalization": st.tuples(st.builds(BatchNormalization, st.floats(0, 1), st.floats(1e-6, 1)), SHAPES),
    "Conv2D": convolutions(),
    "Dense": st.tuples(st.builds(Dense, st.integers(1, 5), ACTIVATIONS, st.booleans(), INITIALIZERS), SHAPES),
    "Dropout": st.tuples(st.builds(Dropout, st.floats(0, 1)), SHAPES),
    "Flatten": st.tuples(st.just(Flatten()), SHAPES),
    "GlobalAveragePooling2D": st.tuples(st.just(GlobalAveragePooling2D()), IMAGES),
    "GlobalMaxPooling2D": st.tuples(st.just(GlobalMaxPooling2D()), IMAGES),
    "MaxPooling2D": pooling(MaxPooling2D),
    "Residual": residuals(),
    "Stage": st.tuples(st.builds(lambda pool: Stage([ZeroPadding2D(1), pool[0]]), pooling(MaxPooling2D)), IMAGES),
    "ZeroPadding2D": st.tuples(st.builds(ZeroPadding2D, sizes(0, 3) | st.tuples(sizes(0, 2), sizes(0, 2))), IMAGES),
}  # fmt: skip


def every_kind():
    kinds = [Layer]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return {kind.__name__ for kind in kinds if not kind.__abstractmethods__}


def test_no_layer_is_left_out():
    assert set(CASES) == every_kind()


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_layer_keeps_its_promises(kind, data):
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
    assert eval(repr(layer)) == layer


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_layer_trains(kind, data):
    layer, shape = data.draw(CASES[kind])
    module = layer.build(shape).train()
    x = torch.randn(3, shape[-1], *shape[:-1], requires_grad=True)
    module(x).sum().backward()
    assert x.grad is not None
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in module.parameters())


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_layer_in_a_network_gives_what_its_module_gives(kind, data):
    layer, shape = data.draw(CASES[kind])
    net = Sequential([layer], input_shape=shape, seed=data.draw(st.integers(0, 99))).eval()
    x = torch.randn(2, shape[-1], *shape[:-1])
    module = layer.build(shape).eval()
    module.load_state_dict({key.partition(".")[2]: value for key, value in net.state_dict().items()})
    torch.testing.assert_close(net(x), module(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_unknown_and_missing_fields_are_refused(kind, data):
    layer, _ = data.draw(CASES[kind])
    description = layer.to_json()
    with pytest.raises(NetworkError, match="colour"):
        layer_from_json({**description, "colour": 1})
    gone = data.draw(st.sampled_from(sorted(description)))
    with pytest.raises(NetworkError):
        layer_from_json({key: value for key, value in description.items() if key != gone})
