import pytest
import torch

from opsin.core import NetworkError
from opsin.nn import Activation, BatchNormalization, Conv2D, Dense, Residual, Sequential


def test_softmax_is_over_the_channels_of_each_position():
    y = Activation("softmax").build((3, 3, 5))(torch.randn(2, 5, 3, 3))
    torch.testing.assert_close(y.sum(1), torch.ones(2, 3, 3))


def test_an_unknown_activation_raises_an_error_with_the_known_ones():
    with pytest.raises(NetworkError, match=r"got activation='relo'. Expected one of .*'relu'"):
        Dense(3, activation="relo")


def test_initial_relu_does_not_modify_the_input_or_shortcut():
    x = torch.randn(2, 3)
    kept = x.clone()
    net = Sequential([Residual([Activation("relu")]), Activation("relu")], input_shape=(3,))
    torch.testing.assert_close(net(x), torch.relu(kept + torch.relu(kept)))
    assert torch.equal(x, kept)


@pytest.mark.parametrize("before", ["sigmoid", "tanh", "softmax", "gelu", "silu"])
def test_relu_in_place_keeps_values_of_the_backward_pass(before):
    layers = [Conv2D(4, 1, activation=before), Activation("relu"), BatchNormalization(), Activation("relu")]
    net = Sequential(layers, input_shape=(4, 4, 2), seed=0)
    net(torch.randn(3, 2, 4, 4)).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())


def test_sparsemax_is_the_projection_onto_the_simplex():
    """Compares with the minimum distance over a fine grid of all probabilities of three classes."""
    x = torch.tensor([[0.3, 1.1, -0.2], [2.0, 0.1, 0.0], [0.2, 0.1, 0.15]])
    y = Activation("sparsemax").build((3,))(x)
    steps = torch.arange(0, 201) / 200
    first, second = torch.meshgrid(steps, steps, indexing="ij")
    grid = torch.stack([first, second, 1 - first - second], -1).reshape(-1, 3)
    grid = grid[grid[:, 2] >= -1e-6]
    nearest = grid[torch.cdist(x, grid).argmin(1)]
    torch.testing.assert_close(y, nearest, atol=6e-3, rtol=0)


def test_glu_halves_the_channels():
    assert Activation("glu").output_shape((3, 3, 8)) == (3, 3, 4)
    with pytest.raises(NetworkError, match="even number"):
        Activation("glu").output_shape((3, 3, 7))
    with pytest.raises(NetworkError, match="activation='glu'"):
        Dense(4, activation="glu")
