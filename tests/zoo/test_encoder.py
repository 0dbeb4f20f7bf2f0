"""Encoders split into stages, and feature maps resized."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import zoo
from opsin.core import NetworkError
from opsin.nn import Conv2D, Conv3D, Dense, Flatten, MaxPooling3D, Sequential, ZeroPadding3D
from opsin.zoo.encoder import chain_output_shape, split_into_stages, upsample_to

SHAPE = (128, 96, 3)


def stages_of(layers, shape):
    """The stages, checked to be the layers in their order, each at least a quarter smaller than the one before."""
    stages = split_into_stages(layers, shape)
    assert [layer for stage in stages for layer in stage] == list(layers)
    sides = []
    for stage in stages:
        shape = chain_output_shape(stage, shape)
        sides.append(min(shape[:-1]))
    assert all(later <= 0.75 * earlier for earlier, later in pairwise(sides))
    return stages


@pytest.mark.parametrize("name", ["resnet_small", "resnet18", "resnet50", "efficientnet_lite0", "convnext_atto"])
def test_stages_are_the_network_up_to_its_head(name):
    layers = list(zoo.create(name, SHAPE, 10, seed=0).layers)
    end = next(index for index, layer in enumerate(layers) if "Global" in type(layer).__name__ or layer.name == "head")
    assert len(stages_of(layers[:end], SHAPE)) >= 3


def test_padding_belongs_to_the_layer_that_follows():
    first, padding, pool = Conv3D(8, 3, padding="same"), ZeroPadding3D(1), MaxPooling3D(2)
    assert stages_of([first, padding, pool], (8, 12, 8, 1)) == [[first], [padding, pool]]


@pytest.mark.parametrize("layers", [[Flatten(), Dense(3)], [Conv2D(4, 3), Flatten()]])
def test_a_layer_without_a_feature_map_is_refused(layers):
    with pytest.raises(NetworkError, match="Expected a feature map"):
        split_into_stages(layers, SHAPE)


def test_an_empty_encoder_is_refused():
    with pytest.raises(NetworkError, match=r"no layers\. Expected convolutions\."):
        split_into_stages([], SHAPE)


def growing(draw, rank):
    before = draw(st.tuples(*[st.integers(1, 70 if rank == 2 else 12)] * rank))
    return before, tuple(side + draw(st.integers(0, 40 if rank == 2 else 12)) for side in before)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), rank=st.sampled_from([2, 3]))
def test_feature_maps_are_resized_to_exactly_the_target(data, rank):
    before, after = growing(data.draw, rank)
    layers = upsample_to((*before, 2), (*after, 2))
    assert chain_output_shape(layers, (*before, 2)) == (*after, 2)
    if layers:
        x = torch.randn(1, 2, *before)
        y = Sequential(layers, input_shape=(*before, 2))(x)
        assert y.shape == (1, 2, *after)
        assert torch.equal(y[(..., *(0,) * rank)], x[(..., *(0,) * rank)])  # resized from the first corner


def test_other_ranks_are_refused():
    with pytest.raises(NetworkError, match=r"shape \(8, 1\) has 2 axes\. Expected"):
        upsample_to((8, 1), (16, 1))
