"""Encoders cut into levels, and maps brought to a size."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import zoo
from opsin.core import NetworkError
from opsin.nn import Dense, Flatten, Sequential
from opsin.zoo.encoder import chain_output_shape, split_into_stages, upsample_to

SHAPE = (128, 96, 3)


@pytest.mark.parametrize("name", ["resnet_small", "resnet18", "resnet50", "efficientnet_lite0", "convnext_atto"])
def test_levels_are_the_network_up_to_its_head(name):
    layers = list(zoo.create(name, SHAPE, 10, seed=0).layers)
    levels = split_into_stages(layers, SHAPE)
    flat = [layer for level in levels for layer in level]
    assert flat == layers[: len(flat)] and len(levels) >= 3
    sides, shape = [], SHAPE
    for level in levels:
        shape = chain_output_shape(level, shape)
        sides.append(shape[0])
    assert all(later <= 0.75 * earlier for earlier, later in pairwise(sides))


def test_a_network_without_maps_is_refused():
    with pytest.raises(NetworkError, match="expected convolutions"):
        split_into_stages([Flatten(), Dense(3)], SHAPE)


sides = st.integers(1, 70)


@settings(max_examples=80, deadline=None)
@given(before=st.tuples(sides, sides), after=st.tuples(sides, sides))
def test_maps_are_brought_to_exactly_the_size(before, after):
    if any(wanted < side for wanted, side in zip(after, before, strict=True)):
        before = tuple(map(min, before, after))
    layers = upsample_to((*before, 2), (*after, 2))
    assert chain_output_shape(layers, (*before, 2)) == (*after, 2)
    if layers:
        x = torch.randn(1, 2, *before)
        assert Sequential(layers, input_shape=(*before, 2))(x).shape == (1, 2, *after)
