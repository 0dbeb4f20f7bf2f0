import copy
import json
import pickle

import pytest
import torch
import torch.nn.functional as F

from opsin import zoo
from opsin.core import NetworkError
from opsin.nn import Activation, Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D, Sequential, Stage

HEADS = [
    ([Dense(4, activation="softmax")], "softmax"),
    ([Dense(4), Activation("softmax")], "softmax"),
    ([Dense(4, activation="sigmoid")], "sigmoid"),
    ([Stage([Dense(4), Stage([Activation("softmax")])])], "softmax"),
    ([Dense(4)], "linear"),
    ([Dense(4, activation="relu")], "linear"),
]


def small(head, seed=0):
    return Sequential(
        [Conv2D(5, 3, activation="relu"), GlobalAveragePooling2D(), *head], input_shape=(6, 6, 3), seed=seed
    )


@pytest.mark.parametrize(("head", "activation"), HEADS)
def test_logits_exclude_the_final_softmax_or_sigmoid(head, activation):
    net, x = small(head), torch.randn(2, 3, 6, 6)
    assert net.final_activation == activation
    apply = {"softmax": lambda z: F.softmax(z, 1), "sigmoid": torch.sigmoid, "linear": lambda z: z}[activation]
    torch.testing.assert_close(net(x), apply(net.logits(x)))
    middle = F.relu(F.conv2d(x, net.conv2d.weight, net.conv2d.bias)).mean((2, 3))
    dense = next(module for module in net.modules() if isinstance(module, torch.nn.Linear))
    outer = F.relu if "relu" in repr(head) else lambda z: z
    torch.testing.assert_close(net.logits(x), outer(F.linear(middle, dense.weight, dense.bias)))


@pytest.mark.parametrize("name", ["simple", "resnet_small", "resnet18"])
def test_json_restores_the_same_network(name):
    net = zoo.create(name, (32, 32, 3), 5, seed=0)
    text = json.dumps(net.to_json())
    again = Sequential.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert again.layers == net.layers
    again.load_state_dict(net.state_dict())
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(again.eval()(x), net.eval()(x))


@pytest.mark.parametrize(
    "change",
    [
        {"input_shape": [8, 8, "3"]},
        {"input_shape": 3},
        {"input_shape": [8, 0, 3]},
        {"layers": {}},
        {"name": None},
        {"type": "Model"},
        {"extra": 1},
    ],
)
def test_an_invalid_description_raises_an_error(change):
    with pytest.raises(NetworkError):
        Sequential.from_json({**small([Dense(2)]).to_json(), **change})


def test_a_seed_fixes_the_weights_and_keeps_the_global_state():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, two, other = (small([Dense(4)], seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(one.dense.weight, other.dense.weight)


def test_without_a_seed_the_global_generator_is_used():
    nets = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        nets.append(small([Dense(4)], seed=None))
    assert torch.equal(nets[0].dense.weight, nets[1].dense.weight)
    assert not torch.equal(nets[0].dense.weight, nets[2].dense.weight)


@pytest.mark.parametrize("channels", [1, 3])
def test_any_input_memory_format_becomes_channels_last(channels):
    net = Sequential([Conv2D(4, 3), Conv2D(4, 3), Flatten()], input_shape=(8, 8, channels), seed=0)
    seen = []
    for name in ("conv2d", "conv2d_1"):
        net.get_submodule(name).register_forward_hook(lambda module, inputs, output: seen.append(output.stride(1)))
    x = torch.randn(2, 8, 8, channels)
    outputs = [net(x.permute(0, 3, 1, 2)), net(x.permute(0, 3, 1, 2).contiguous())]
    torch.testing.assert_close(outputs[0], outputs[1])
    assert seen == [1, 1, 1, 1]


def test_a_tensor_with_channels_on_the_last_axis_raises_an_error_with_a_fix():
    with pytest.raises(NetworkError, match=r"small_net got a tensor of shape 2x6x6x3. Expected Nx3x6x6. .*permute"):
        Sequential([Flatten()], input_shape=(6, 6, 3), name="small_net")(torch.zeros(2, 6, 6, 3))


def test_too_many_parameters_raise_an_error_before_allocation():
    with pytest.raises(NetworkError, match=r"parameters. Expected at most"):
        Sequential([Flatten(), Dense(2**24)], input_shape=(1000, 1000, 3))


def test_copies_pickles_and_train_mode_work_as_for_any_module():
    net = small([Dropout(0.5), Dense(4)]).eval()
    x = torch.randn(2, 3, 6, 6)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert torch.equal(twin(x), net(x))


def test_export_gives_the_same_outputs():
    net = zoo.create("resnet_small", (16, 16, 3), 4, seed=0).eval()
    x = torch.randn(2, 3, 16, 16)
    exported = torch.export.export(net, (x,), dynamic_shapes=({0: torch.export.Dim("n")},)).module()
    torch.testing.assert_close(exported(torch.cat([x, x])), torch.cat([net(x), net(x)]))


def test_summary_is_printed(capsys):
    small([Dense(4)]).summary()
    assert "Total params: 164 (656.00 B)" in capsys.readouterr().out
