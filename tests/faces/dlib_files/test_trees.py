"""Shape predictors: small drawn files, whole and broken."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import ModelFileError
from opsin.faces.dlib_files import read_trees


@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_trees_are_read_as_they_were_written(writer, seed, levels, count, depth):
    content, mean, wanted = writer.trees(np.random.default_rng(seed), levels, count, depth)
    found = read_trees(content, "file")
    assert np.allclose(found.mean, mean, rtol=1e-6)
    for level, (anchors, offsets, pairs, thresholds, leaves) in zip(found.cascades, wanted, strict=True):
        assert (level.anchors == anchors).all()
        assert (level.pairs == pairs).all()
        for got, expected in ((level.offsets, offsets), (level.thresholds, thresholds), (level.leaves, leaves)):
            assert np.allclose(got, expected, rtol=1e-6)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_broken_file_is_one_error_or_still_a_predictor(writer, data):
    content = bytearray(writer.trees(np.random.default_rng(0))[0])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        found = read_trees(bytes(content[:cut]) if data.draw(st.booleans()) else bytes(content), "file")
    except ModelFileError:
        return
    assert all(level.pairs.max() < len(level.offsets) for level in found.cascades)


def test_more_values_than_trees_are_an_error(writer):
    content = writer.trees(np.random.default_rng(0))[0]
    with pytest.raises(ModelFileError, match="more values"):
        read_trees(content + writer.integer(1), "file")
