"""Distances between surfaces, against all pairs of voxels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.metrics.surfaces import compare_surfaces, surface_voxels


def edge_points(mask, spacing):
    """Places of voxels with a neighbour of six outside of the mask, one voxel after the other."""
    padded, found = np.pad(mask, 1), []
    for place in np.argwhere(mask):
        around = [tuple(place + 1 + step) for step in np.vstack([np.eye(3, dtype=int), -np.eye(3, dtype=int)])]
        if not all(padded[one] for one in around):
            found.append(place * spacing)
    return np.array(found)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.tuples(*[st.floats(0.5, 3)] * 3), st.floats(0.3, 2.5))
def test_distances_are_those_of_all_pairs(seed, spacing, tolerance):
    random = np.random.default_rng(seed)
    one, other = random.random((2, 5, 6, 4)) < random.uniform(0.05, 0.7)
    if not one.any() or not other.any():
        return
    first, second = edge_points(one, np.array(spacing)), edge_points(other, np.array(spacing))
    pairs = np.linalg.norm(first[:, None] - second[None], axis=2)
    forward, backward = pairs.min(1), pairs.min(0)
    found = compare_surfaces(one, other, spacing, tolerance)
    assert found.hd95 == pytest.approx(max(np.percentile(forward, 95), np.percentile(backward, 95)))
    near = (forward <= tolerance + 1e-6).sum() + (backward <= tolerance + 1e-6).sum()
    assert found.surface_dice == pytest.approx(near / (len(forward) + len(backward)))


def test_a_missed_structure_counts_and_an_absent_one_does_not():
    empty, some = np.zeros((4, 4, 4), bool), np.zeros((4, 4, 4), bool)
    some[1:3, 1:3, 1:3] = True
    missed = compare_surfaces(empty, some, (1, 2, 2))
    assert missed.hd95 == pytest.approx(np.sqrt(16 + 64 + 64)) and missed.surface_dice == 0
    assert np.isnan(compare_surfaces(empty, empty, (1, 1, 1)).hd95)
    same = compare_surfaces(some, some, (1, 2, 2))
    assert (same.hd95, same.surface_dice) == (0, 1)
    assert surface_voxels(np.ones((3, 3, 3), bool)).sum() == 26
