import math

import torch

from opsin.nn import DepthwiseConv2D, SeparableConv2D


def test_each_channel_has_its_own_kernels():
    x = torch.randn(2, 3, 6, 6)
    module = DepthwiseConv2D(3, depth_multiplier=2).build((6, 6, 3))
    for channel in range(3):
        alone = torch.nn.functional.conv2d(x[:, channel : channel + 1], module.weight[2 * channel : 2 * channel + 2])
        torch.testing.assert_close(module(x)[:, 2 * channel : 2 * channel + 2], alone, atol=1e-5, rtol=1e-5)


def test_initial_weights_have_the_spread_of_keras():
    module = DepthwiseConv2D(3, depth_multiplier=2).build((6, 6, 400))
    bound = math.sqrt(6 / (400 * 9 + 2 * 9))
    assert 0.99 * bound < module.weight.abs().max() <= bound


def test_separable_is_depthwise_then_pointwise():
    module = SeparableConv2D(4, 3, activation="relu").build((6, 6, 3))
    x = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(module(x), module.pointwise(module.depthwise(x)))
    assert list(dict(module.named_parameters())) == ["depthwise.weight", "pointwise.weight", "pointwise.bias"]
