import numpy as np
import pytest
import torch

from opsin import nn
from opsin.keras.file.variables import flatten_groups, weight_groups
from opsin.nn import BatchNormalization, Conv2D, Conv2DTranspose, Dense, Flatten, Sequential, Stage


def test_places_are_named_by_class_and_number():
    layers = [
        Conv2D(2, 1, name="a"),
        Conv2D(2, 1, name="b"),
        Stage([Conv2D(2, 1), Stage([Dense(1)])]),
        Stage([Flatten()]),
    ]
    network = Sequential(layers, input_shape=(3, 3, 1), seed=0)
    assert [group.path for group in flatten_groups(weight_groups(network))] == [
        "layers/conv2d", "layers/conv2d_1", "layers/sequential", "layers/sequential/layers/conv2d",
        "layers/sequential/layers/sequential", "layers/sequential/layers/sequential/layers/dense",
        "layers/sequential_1", "layers/sequential_1/layers/flatten",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (Conv2D(6, (2, 3), groups=2), (8, 8, 4), [(2, 3, 2, 6), (6,)]),
        (Conv2DTranspose(5, (2, 3)), (8, 8, 4), [(2, 3, 5, 4), (5,)]),
        (nn.Conv3D(5, (1, 2, 3), use_bias=False), (8, 8, 8, 4), [(1, 2, 3, 4, 5)]),
        (nn.DepthwiseConv1D(3, depth_multiplier=2), (8, 4), [(3, 4, 2), (8,)]),
        (nn.SeparableConv2D(5, 3, depth_multiplier=2), (8, 8, 4), [(3, 3, 4, 2), (1, 1, 8, 5), (5,)]),
        (Dense(5), (8,), [(8, 5), (5,)]),
        (BatchNormalization(scale=False), (8,), [(8,)] * 3),
        (nn.LayerNormalization(center=False), (8,), [(8,)]),
        (nn.GroupNormalization(2), (3, 8), [(8,)] * 2),
        (nn.Dropout(0.1), (8,), []),
    ],
)
def test_shapes_are_keras_s(layer, shape, expected):
    (group,) = weight_groups(Sequential([layer], input_shape=shape, seed=0))
    assert [tuple(value.shape) for value in group.values] == expected
    assert sum(value.numel() for value in group.values) == layer.trainable_parameters(shape) + layer.fixed_parameters(
        shape
    )


def test_values_are_views_of_the_network():
    layers = [
        nn.SeparableConv2D(3, 2, depth_multiplier=2),
        Conv2DTranspose(2, 2),
        Flatten(),
        Dense(2),
        BatchNormalization(),
    ]
    network = Sequential(layers, input_shape=(3, 3, 2), seed=0)
    own = {value.data_ptr() for value in network.state_dict().values() if value.is_floating_point()}
    found = [value for group in weight_groups(network) for value in group.values]
    assert {value.data_ptr() for value in found} == own
    with torch.no_grad():
        for value in found:
            value.fill_(7)
    assert all((value == 7).all() for value in network.state_dict().values() if value.is_floating_point())


def test_a_dense_layer_computes_with_keras_s_kernel():
    network = Sequential([Dense(3)], input_shape=(4,), seed=0)
    kernel, bias = (value.detach().numpy() for value in weight_groups(network)[0].values)
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    np.testing.assert_allclose(network(torch.from_numpy(x)).detach(), x @ kernel + bias, rtol=1e-6)
