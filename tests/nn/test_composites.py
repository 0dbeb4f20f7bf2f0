import pytest
import torch

from opsin.core import NetworkError
from opsin.nn import Activation, Conv2D, Dense, Flatten, MaxPooling2D, Residual, Sequential, Stage


def test_residual_adds_its_input():
    layer = Residual([Conv2D(3, 3, padding="same")])
    module = layer.build((5, 5, 3))
    x = torch.randn(2, 3, 5, 5)
    conv = module.body.conv2d
    torch.testing.assert_close(module(x), x + torch.nn.functional.conv2d(x, conv.weight, conv.bias, padding=1))


def test_residual_adds_its_shortcut():
    layer = Residual([Conv2D(4, 3, strides=2, padding="same")], [Conv2D(4, 1, strides=2)])
    module = layer.build((6, 6, 3))
    x = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(module(x), module.body(x) + module.shortcut(x))


def test_branches_of_different_shapes_raise_an_error():
    with pytest.raises(NetworkError, match=r"Residual 'res' cannot add 3x3x4 .* to 5x5x3 .* 1x1 Conv2D"):
        Sequential([Residual([Conv2D(4, 3)], name="res")], input_shape=(5, 5, 3))


def test_the_error_names_the_nested_layer():
    stage = Stage([MaxPooling2D(2), MaxPooling2D(2, name="pool3")], name="stage1")
    with pytest.raises(
        NetworkError, match=r"MaxPooling2D 'pool3' got an input of 1x1. Expected at least 2x2. Fix: use padding='same'"
    ):
        Sequential([stage], input_shape=(2, 2, 3))


def test_parameter_names_contain_layer_names():
    block = Residual([Conv2D(3, 1, name="mix"), Activation("relu")], [Conv2D(3, 1)], name="block")
    net = Sequential([Stage([block], name="stage1"), Flatten(), Dense(2)], input_shape=(4, 4, 3))
    assert list(dict(net.named_parameters())) == [
        "stage1.block.body.mix.weight",
        "stage1.block.body.mix.bias",
        "stage1.block.shortcut.conv2d.weight",
        "stage1.block.shortcut.conv2d.bias",
        "dense.weight",
        "dense.bias",
    ]
