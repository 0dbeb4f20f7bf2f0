"""Networks made ready for answers compute the same as they did, against plain float32."""

import pytest
import torch

from opsin import nn, zoo
from opsin.core import OutputSpec
from opsin.runtime.fused_layers import FusedConvolution, FusedDense, FusedResidual
from opsin.runtime.inference import fuse

ARCHITECTURES = ["simple", "lenet", "resnet_small", "resnet_tiny", "resnet18", "efficientnet_lite0", "convnext_atto"]


def settled(network, seed=0):
    """The network with statistics and weights that are not those of the start."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean = torch.randn(module.running_mean.shape, generator=generator) * 0.1
            module.running_var = torch.rand(module.running_var.shape, generator=generator) + 0.5
            if module.weight is not None:
                torch.nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            if module.bias is not None:
                torch.nn.init.normal_(module.bias, 0, 0.1, generator=generator)
    return network.eval()


def answers(network, x, precision=torch.float32):
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision != torch.float32):
        return network.logits(x).float()


def both(network, x):
    """What the network says, and what it says once it is fused, in float32."""
    return answers(network, x), answers(fuse(network, torch.float32), x)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("batch", [1, 5])
def test_every_architecture_says_the_same(name, batch):
    network = settled(zoo.create(name, (64, 48, 3), 10, seed=0))
    plain, fused = both(network, torch.randn(batch, 3, 64, 48))
    torch.testing.assert_close(fused, plain, rtol=2e-5, atol=2e-5 * float(plain.abs().max()))


@pytest.mark.parametrize("layout", ["map", "grid"])
def test_maps_and_grids_are_the_same(layout):
    network = settled(zoo.create("resnet18", (64, 96, 3), 4, output=OutputSpec(layout), seed=0))
    for weight in network.parameters():
        if not weight.any():
            torch.nn.init.normal_(weight, 0, 0.1)
    plain, fused = both(network, torch.randn(2, 3, 64, 96))
    torch.testing.assert_close(fused, plain, rtol=2e-5, atol=2e-5 * float(plain.abs().max()))


@pytest.mark.parametrize("name", ["simple", "resnet18", "efficientnet_lite0"])
def test_bfloat16_is_off_by_no_more_than_it_was(name):
    network = settled(zoo.create(name, (64, 64, 3), 10, seed=0))
    x = torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    plain, automatic = answers(network, x), answers(network, x, torch.bfloat16)
    fused = answers(fuse(network, torch.bfloat16), x, torch.bfloat16)
    assert (fused - plain).abs().mean() <= 1.5 * (automatic - plain).abs().mean() + 1e-4 * plain.abs().max()


ACTIVATIONS = ["relu", "relu6", "silu", "sigmoid", "tanh", "gelu", "elu", "softmax", "linear", "leaky_relu", None]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bias", [True, False])
def test_every_activation_within_and_behind_layers(activation, bias):
    behind = [nn.Activation(activation)] if activation else []
    layers = [
        nn.Conv2D(8, 3, strides=2, padding="same", activation=activation, use_bias=bias),
        nn.Conv2D(8, 3, dilation_rate=2, groups=2, use_bias=bias),
        nn.BatchNormalization(scale=bias),
        *behind,
        nn.Dropout(0.5),
        nn.Residual([nn.Conv2D(8, 3, padding="same", use_bias=bias), nn.BatchNormalization(center=bias)]),
        *behind,
        nn.Residual([nn.Activation("relu")], [nn.Conv2D(8, 1)]),
        nn.DepthwiseConv2D(3, depth_multiplier=2),
        *behind,
        nn.Flatten(),
        nn.Dense(6, use_bias=bias),
        *behind,
        nn.Dense(3, activation=activation),
    ]
    network = settled(nn.Sequential(layers, input_shape=(20, 17, 3), seed=0))
    torch.testing.assert_close(*both(network, torch.randn(3, 3, 20, 17)), rtol=1e-4, atol=1e-4)


def test_what_can_be_one_step_is_one_step():
    network = zoo.create("resnet18", (64, 64, 3), 10, seed=0).eval()
    kinds = [type(module) for module in fuse(network, torch.float32).modules()]
    assert torch.nn.BatchNorm2d not in kinds and nn.layers.convolution.Conv2dModule not in kinds
    assert kinds.count(FusedConvolution) == 20 and kinds.count(FusedResidual) == 8 and kinds.count(FusedDense) == 1


def test_the_network_itself_stays_as_it_was():
    network = settled(zoo.create("resnet_small", (32, 32, 3), 10, seed=0))
    x = torch.randn(2, 3, 32, 32)
    before, names = answers(network, x), list(network.state_dict())
    fuse(network, torch.bfloat16)
    assert list(network.state_dict()) == names and torch.equal(answers(network, x), before)


BEFORE = {
    "a convolution": [nn.Conv2D(16, 3, activation="relu")],
    "a residual": [nn.Conv2D(16, 3), nn.Residual([nn.Conv2D(16, 3, padding="same")]), nn.Activation("relu")],
}
BEHIND = {
    "max pooling": [nn.MaxPooling2D(3, strides=2)],
    "average pooling": [nn.AveragePooling2D(3, strides=2)],
    "a convolution": [nn.Conv2D(8, 3, strides=2, activation="relu")],
    "a convolution, same": [nn.Conv2D(8, 3, padding="same", use_bias=False)],
    "a depthwise convolution": [nn.DepthwiseConv2D(3, strides=2, activation="relu6")],
}


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("padding", [1, ((0, 1), (0, 1)), ((2, 1), (1, 1))])
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("before", BEFORE)
def test_zeros_around_a_map_become_part_of_the_convolution_behind(before, behind, padding, precision):
    layers = [*BEFORE[before], nn.ZeroPadding2D(padding), *BEHIND[behind]]
    network = nn.Sequential(layers, input_shape=(21, 22, 3), seed=0).eval()
    for weight in network.parameters():
        if weight.ndim == 1:
            torch.nn.init.normal_(weight, -0.5, 0.5, generator=torch.Generator().manual_seed(0))
    x = torch.randn((2, 3, 21, 22), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        plain, fused = network.logits(x), fuse(network, precision)
        found = fused.logits(x).float()
    allowed = 2e-5 if precision == torch.float32 else 0.03
    torch.testing.assert_close(found, plain, rtol=allowed, atol=allowed * float(plain.abs().max()))
    kept = any("zero_padding" in name for name, _ in fused.named_children())
    assert kept == ("pooling" in behind)
