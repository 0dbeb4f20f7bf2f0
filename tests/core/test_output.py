from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from opsin.core import Layout, NetworkError, OutputSpec, SpatialTargets


@pytest.mark.parametrize(("layout", "dense"), [("vector", False), ("map", True), ("grid", True), ("embedding", False)])
def test_each_layout_is_either_dense_or_a_vector(layout, dense):
    output = OutputSpec(layout)
    assert (output.is_dense, output.is_vector) == (dense, not dense)


@pytest.mark.parametrize("spatial", get_args(SpatialTargets))
def test_all_spatial_targets_but_none_move_with_the_sample(spatial):
    assert OutputSpec("map", spatial, (2, 3)).is_spatial == (spatial != "none")


def test_specs_are_values():
    first, second = OutputSpec("grid", "boxes"), OutputSpec("grid", "boxes", (2,))
    assert first == second
    assert len({first, second, *map(OutputSpec, get_args(Layout))}) == 5
    with pytest.raises(FrozenInstanceError):
        first.layout = "map"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("dense",), r"layout 'dense' is unknown\. Expected one of vector, map, grid, embedding\."),
        (("map", "box"), r"spatial 'box' is unknown\. Expected one of none, boxes"),
        (("map", "mask", ()), r"ranks \(\) are not valid"),
        (("map", "mask", (4,)), r"ranks \(4,\) are not valid"),
        (("map", "mask", (3, 2)), r"ranks \(3, 2\) are not valid"),
        (("map", "mask", (2, 2)), r"ranks \(2, 2\) are not valid"),
        (("map", "volume"), r"spatial 'volume' does not fit ranks \(2,\)"),
    ],
)
def test_invalid_fields_are_refused(fields, message):
    with pytest.raises(NetworkError, match=message):
        OutputSpec(*fields)
