"""Canonical axes: there and back, and the same world places, for any orientation; against nibabel."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.geometry import orientation_of


def affine_of(order, flips, angle):
    """An affine with axes in this order and direction, turned a little, with its own spacing for each axis."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.eye(3)[:, list(order)] * np.where(flips, -1.0, 1.0) * [1.0, 1.5, 2.5]
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    matrix[:3, :3] = turn @ matrix[:3, :3]
    matrix[:3, 3] = [5, -6, 7]
    return matrix


@given(st.permutations([0, 1, 2]), st.tuples(*[st.booleans()] * 3), st.floats(-0.5, 0.5))
def test_every_voxel_keeps_its_place_and_axes_point_to_superior_anterior_right(order, flips, angle):
    matrix = affine_of(order, flips, angle)
    orientation = orientation_of(matrix)
    array = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    turned = orientation.apply(array)
    np.testing.assert_array_equal(orientation.undo(turned), array)
    affine = np.array(orientation.affine(matrix, array.shape))
    codes = nib.aff2axcodes(affine)
    assert codes == ("S", "A", "R")
    for place in np.ndindex(turned.shape):
        source = np.argwhere(array == turned[place])[0]
        np.testing.assert_allclose(affine @ [*place, 1], matrix @ [*source, 1], atol=1e-9)


def test_without_an_affine_nothing_moves():
    array = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(orientation_of(None).apply(array), array)


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_stay_last(channels):
    orientation = orientation_of(affine_of((2, 0, 1), (True, False, True), 0.0))
    assert orientation.apply(np.zeros((3, 4, 5, channels))).shape[3] == channels
