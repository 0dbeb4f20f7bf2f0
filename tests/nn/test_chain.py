"""Chains run their modules in order, and give what their layers compute."""

import pytest
import torch

from opsin import zoo
from opsin.core import NetworkError, OutputSpec
from opsin.nn import Activation, BatchNormalization, Conv2D, MaxPooling2D, Sequential, Stage, summarize


def test_a_network_runs_its_modules_in_order_and_calls_their_hooks():
    layers = [Conv2D(8, 3), Stage([BatchNormalization(), Activation("relu")], name="stage"), MaxPooling2D(2)]
    network, seen = Sequential(layers, input_shape=(17, 14, 3), seed=0), []
    for name, module in network.named_modules():
        if not isinstance(module, torch.nn.Sequential | Sequential):
            module.register_forward_hook(lambda m, given, made, name=name: seen.append((name, made.clone())))
    y = network.logits(torch.randn(2, 3, 17, 14))
    assert [name for name, _ in seen] == ["conv2d", "stage.batch_normalization", "stage.activation", "max_pooling2d"]
    assert seen[1][1].min() < 0 == seen[2][1].min() and torch.equal(y, seen[3][1])


def test_a_network_is_exported():
    network = zoo.create("resnet_small", (32, 32, 3), 5, seed=0).eval()
    x = torch.randn(2, 3, 32, 32)
    program = torch.export.export(network, (x,))
    torch.testing.assert_close(program.module()(x), network(x))


def test_a_tap_gives_what_the_module_gave():
    net = zoo.create("resnet18", (32, 32, 3), 5, seed=0).eval()
    seen = {}
    for name in ("stage2", "stage3.block1", "stage4"):
        net.get_submodule(name).register_forward_hook(lambda m, i, y, name=name: seen.__setitem__(name, y.clone()))
    x = torch.randn(2, 3, 32, 32)
    found = net.intermediate_outputs(x, ["stage4", "stage2", "stage3/block1"])
    net(x)
    assert list(found) == ["stage4", "stage2", "stage3/block1"]
    for name, y in found.items():
        assert torch.equal(y, seen[name.replace("/", ".")])


def test_a_tapped_layer_keeps_its_numbers_though_relu_follows_in_place():
    net = Sequential([Conv2D(4, 3), BatchNormalization(), Activation("relu")], input_shape=(6, 6, 3), seed=0).eval()
    found = net.intermediate_outputs(torch.randn(2, 3, 6, 6), ["conv2d", "batch_normalization", "activation"])
    assert found["batch_normalization"].min() < 0
    torch.testing.assert_close(found["activation"], found["batch_normalization"].relu())


def test_gradients_flow_and_nothing_further_is_computed():
    net = zoo.create("resnet_small", (16, 16, 3), 5, seed=0)
    net.stage3.register_forward_hook(lambda *_: pytest.fail("computed too far"))
    net.intermediate_outputs(torch.randn(2, 3, 16, 16), ["stage1"])["stage1"].sum().backward()
    assert net.stem.weight.grad is not None


def test_an_unknown_name_is_refused_with_known_ones():
    net = zoo.create("resnet_small", (16, 16, 3), 5, seed=0)
    with pytest.raises(NetworkError, match=r"no layer 'stage9'. Expected a name such as 'stem', 'stage1'"):
        net.intermediate_outputs(torch.randn(2, 3, 16, 16), ["stage1", "stage9"])


@pytest.mark.parametrize("name", ["resnet_tiny", "resnet18", "efficientnet_lite0", "convnext_atto", "unet_small"])
def test_every_row_of_a_summary_can_be_tapped(name):
    layout = "map" if name == "unet_small" else "vector"
    net = zoo.create(name, (64, 64, 3), 5, output=OutputSpec(layout), seed=0).eval()
    rows, x = summarize(net).rows, torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        found = net.intermediate_outputs(x, [row.path for row in rows])
        for row in rows:
            assert tuple(found[row.path].shape[1:]) == (row.output_shape[-1], *row.output_shape[:-1]), row.path
        assert torch.equal(found[rows[-1].path] if rows[-1].depth == 0 else net.logits(x), net.logits(x))


def test_a_tap_in_a_branch_gives_what_the_module_gave():
    net = zoo.create("unet_small", (32, 32, 1), 2, output=OutputSpec("map"), seed=0).eval()
    path = next(row.path for row in summarize(net).rows if "/body/" in row.path and row.kind == "Conv2D")
    seen = []
    net.get_submodule(path.replace("/", ".")).register_forward_hook(lambda m, i, y: seen.append(y.clone()))
    x = torch.randn(1, 1, 32, 32)
    assert torch.equal(net.intermediate_outputs(x, [path])[path], seen[0])
