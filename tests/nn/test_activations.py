import pytest
import torch

from opsin.core import NetworkError
from opsin.nn import Activation, BatchNormalization, Conv2D, Dense, Residual, Sequential


def test_softmax_is_over_the_channels_of_each_position():
    y = Activation("softmax").build((3, 3, 5))(torch.randn(2, 5, 3, 3))
    torch.testing.assert_close(y.sum(1), torch.ones(2, 3, 3))


def test_an_unknown_function_is_refused_with_the_known_ones():
    with pytest.raises(NetworkError, match=r"takes one of .*'relu'.* for activation, got 'relo'"):
        Dense(3, activation="relo")


def test_relu_at_the_start_leaves_the_input_and_the_shortcut_alone():
    x = torch.randn(2, 3)
    kept = x.clone()
    net = Sequential([Residual([Activation("relu")]), Activation("relu")], input_shape=(3,))
    torch.testing.assert_close(net(x), torch.relu(kept + torch.relu(kept)))
    assert torch.equal(x, kept)


@pytest.mark.parametrize("before", ["sigmoid", "tanh", "softmax", "gelu", "silu"])
def test_relu_in_place_never_destroys_what_the_backward_pass_needs(before):
    layers = [Conv2D(4, 1, activation=before), Activation("relu"), BatchNormalization(), Activation("relu")]
    net = Sequential(layers, input_shape=(4, 4, 2), seed=0)
    net(torch.randn(3, 2, 4, 4)).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())
