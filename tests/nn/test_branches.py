import pytest
import torch

from opsin.core import NetworkError
from opsin.nn import Conv2D, GlobalAveragePooling2D, MaxPooling2D, Parallel, Skip, UpSampling2D, summarize
from opsin.nn import Sequential as Network


def test_branches_are_merged_by_the_given_operation():
    x = torch.randn(2, 3, 4, 4)
    for merge, join in (
        ("concatenate", lambda a, b: torch.cat([a, b], 1)),
        ("add", torch.add),
        ("multiply", torch.mul),
    ):
        module = Parallel([[], [Conv2D(3, 1, name="mix")]], merge).build((4, 4, 3))
        torch.testing.assert_close(module(x), join(x, module.branch2.mix(x)))


def test_a_channel_gate_is_broadcast_to_all_positions():
    layer = Parallel([[], [GlobalAveragePooling2D(keepdims=True)]], "multiply")
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(layer.build((4, 4, 3))(x), x * x.mean((2, 3), keepdim=True))


def test_a_u_net_is_data():
    deep = Skip([MaxPooling2D(2), Conv2D(8, 3, padding="same"), UpSampling2D(2)], name="deep")
    net = Network(
        [Conv2D(4, 3, padding="same"), deep, Conv2D(2, 1, activation="softmax")], input_shape=(8, 8, 1), seed=0
    )
    assert net(torch.randn(2, 1, 8, 8)).shape == (2, 2, 8, 8)
    assert net.final_activation == "softmax"
    paths = [row.path for row in summarize(net).rows]
    assert "deep/body/conv2d" in paths
    assert all(net.get_submodule(path.replace("/", ".")) is not None for path in paths)


def test_incompatible_branches_raise_an_error():
    with pytest.raises(
        NetworkError, match=r"Skip 'deep' cannot concatenate 7x7x1 and 6x6x1. .* divisible by the strides"
    ):
        Network([Skip([MaxPooling2D(2), UpSampling2D(2)], name="deep")], input_shape=(7, 7, 1))
    with pytest.raises(NetworkError, match="list of lists of layers"):
        Parallel([])
