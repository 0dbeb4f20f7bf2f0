"""Detectors around any encoder predict for each cell of four by four pixels."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import zoo
from opsin.core import NetworkError, OutputSpec
from opsin.nn import Sequential

GRID = OutputSpec("grid")


@settings(max_examples=20, deadline=None)
@given(size=st.tuples(st.integers(16, 130), st.integers(16, 130)), channels=st.sampled_from([1, 3]))
def test_images_of_any_size_get_a_grid(size, channels):
    net = zoo.create("detector_small", (*size, channels), 7, output=GRID, seed=0).eval()
    grid = tuple(-(-side // 4) for side in size)
    assert net.output_shape == (*grid, 7)
    with torch.no_grad():
        assert net(torch.zeros(1, channels, *size)).shape == (1, 7, *grid)


@pytest.mark.parametrize("name", [name for name in zoo.names("grid") if "convnext_" not in name or "atto" in name])
def test_every_encoder_fits(name):
    net = zoo.create(name, (96, 131, 3), 6, output=GRID, seed=0)
    assert net(torch.randn(2, 3, 96, 131)).shape == (2, 6, 24, 33)


def test_all_levels_of_the_encoder_are_trained():
    net = zoo.create("detector_small", (96, 96, 3), 6, output=GRID, seed=0)
    torch.nn.init.normal_(net.output.weight)  # it starts from zero, which stops gradients at the first step
    net(torch.randn(2, 3, 96, 96)).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for name, p in net.named_parameters() if name.endswith("weight"))


def test_the_first_logits_are_zero_everywhere():
    net = zoo.create("detector_small", (64, 64, 3), 6, output=GRID, seed=0)
    assert not net(torch.randn(1, 3, 64, 64)).any()


def test_json_restores_the_network():
    net = zoo.create("detector_resnet18", (50, 70, 3), 6, output=GRID, seed=0).eval()
    torch.nn.init.normal_(net.output.weight)
    again = Sequential.from_json(net.to_json())
    again.load_state_dict(net.state_dict())
    image = torch.randn(1, 3, 50, 70)
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(image), net(image))


def test_small_images_and_unknown_names_are_refused():
    with pytest.raises(NetworkError, match=r"images of 2x9 are too small"):
        zoo.create("detector_small", (2, 9, 3), 6, output=GRID)
    with pytest.raises(NetworkError, match="detector_small"):
        zoo.create("detector_none", (64, 64, 3), 6, output=GRID)


def test_parts_have_the_names_of_the_field():
    net = zoo.create("detector_small", (128, 128, 3), 6, output=GRID)
    assert [layer.name for layer in net.layers][-3:] == ["fpn2", "head", "output"]
