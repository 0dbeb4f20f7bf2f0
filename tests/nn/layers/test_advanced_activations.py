import copy
import pickle

import pytest
import torch
import torch.nn.functional as F

from opsin.core import NetworkError
from opsin.nn import ELU, Activation, Conv2D, Dense, Flatten, LeakyReLU, PReLU, ReLU, Sequential, Softmax, Stage
from opsin.nn.views.diagram import diagram_nodes

X = torch.linspace(-4, 8, 49).reshape(1, 1, 7, 7).repeat(2, 3, 1, 1)


def applied(layer, x=X):
    return layer.build((*x.shape[2:], x.shape[1]))(x)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (ReLU(), F.relu(X)),
        (ReLU(6), F.relu6(X)),
        (ReLU(2.5), X.clamp(0, 2.5)),
        (ReLU(0), torch.zeros_like(X)),
        (ReLU(negative_slope=0.1), F.leaky_relu(X, 0.1)),
        (ReLU(threshold=2), F.threshold(X, 2, 0)),
        (ReLU(5, 0.1, 2), torch.where(X > 2, X.clamp(max=5), 0.1 * (X - 2))),
        (LeakyReLU(), F.leaky_relu(X, 0.3)),
        (LeakyReLU(0.1), F.leaky_relu(X, 0.1)),
        (ELU(), F.elu(X)),
        (ELU(0.5), torch.where(X < 0, 0.5 * (X.exp() - 1), X)),
        (Softmax(), torch.softmax(X, 1)),
        (PReLU(), F.relu(X)),
    ],
    ids=repr,
)
def test_outputs_match_the_formula(layer, expected):
    torch.testing.assert_close(applied(layer), expected)


def test_relu_without_arguments_uses_the_activation_module():
    for layer, name in ((ReLU(), "relu"), (ReLU(6.0), "relu6")):
        net = Sequential([Conv2D(2, 1), layer], input_shape=(4, 4, 3), seed=0)
        assert net.re_lu.activation == name and net.re_lu.in_place


@pytest.mark.parametrize(
    ("shared", "shape"),
    [(None, (3, 7, 7)), ((1, 2), (3, 1, 1)), (3, (1, 7, 7)), ((1, 2, 3), (1, 1, 1)), (2, (3, 7, 1))],
)
def test_slopes_are_shared_along_shared_axes(shared, shape):
    module = PReLU(shared_axes=shared).build((7, 7, 3))
    assert module.alpha.shape == shape
    with torch.no_grad():
        module.alpha.copy_(torch.rand(shape))
    torch.testing.assert_close(module(X), torch.where(X < 0, module.alpha * X, X))
    assert module(X.bfloat16()).dtype == torch.bfloat16


def test_a_missing_axis_raises_an_error():
    with pytest.raises(
        NetworkError, match=r"PReLU 'p_re_lu' has shared_axes=\(1, 3\) for an input of 8. Expected axes from 1 to 1"
    ):
        Sequential([Flatten(), PReLU(shared_axes=[1, 3])], input_shape=(2, 4))


@pytest.mark.parametrize("wrap", [lambda last: last, lambda last: Stage([Dense(3), last], name="head")])
def test_logits_exclude_a_final_softmax(wrap):
    nets = [
        Sequential([Flatten(), wrap(last)], input_shape=(4,), seed=0) for last in (Softmax(), Activation("softmax"))
    ]
    x = torch.randn(5, 4)
    for net in nets:
        assert net.final_activation == "softmax"
        torch.testing.assert_close(torch.softmax(net.logits(x), 1), net(x))
    assert torch.equal(nets[0](x), nets[1](x))
    assert isinstance(Sequential([wrap(Softmax())], input_shape=(4,)).layers[-1], (Softmax, Stage))


def test_logits_include_an_inner_softmax():
    net = Sequential([Softmax(), Flatten()], input_shape=(4,))
    x = torch.randn(5, 4)
    torch.testing.assert_close(net.logits(x), torch.softmax(x, 1))


@pytest.mark.parametrize("layer", [ReLU(3), LeakyReLU(0.1), ELU(0.5), PReLU()], ids=repr)
def test_modules_are_copied_and_pickled(layer):
    module = layer.build((7, 7, 3))
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(other(X), module(X))


def test_diagrams_attach_them_to_the_layer_before():
    block, *others = diagram_nodes((Conv2D(4, 3, name="c"), LeakyReLU(0.1, name="l")), (8, 8, 3))
    assert block.followers == ("LeakyReLU",) and not others
