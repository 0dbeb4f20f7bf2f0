"""Error rates of verification on drawn embeddings."""

from pathlib import Path

import numpy as np
import pytest

from opsin.core import DataError
from opsin.faces import all_pairs, verification


@pytest.fixture
def drawn():
    """Six people with three photos each, apart but for one photo without a face."""
    generator = np.random.default_rng(0)
    photos = [Path(f"/photos/p{person}/{number}.jpg") for person in range(6) for number in range(3)]
    vectors = np.repeat(generator.normal(size=(6, 128)), 3, 0) + generator.normal(0, 0.2, (18, 128))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return all_pairs(photos), vectors


def test_people_apart_are_all_right(drawn):
    result = verification(*drawn, threshold=0.6)
    assert {name: score.value for name, score in result.scores.items()} == {
        "accuracy": 1,
        "fmr": 0,
        "fnmr": 0,
        "tar_at_far": 1,
        "eer": 0,
    }
    assert result.lost == 0


def test_a_photo_without_a_face_is_wrong_in_all_its_pairs(drawn):
    pairs, vectors = drawn
    vectors[4] = np.nan
    result = verification(pairs, vectors, threshold=0.6)
    assert result.lost == 1
    assert result.scores["accuracy"].value == pytest.approx(1 - 17 / 153)
    assert result.scores["fnmr"].value == pytest.approx(2 / 18)
    assert result.scores["fmr"].value == 0


def test_the_hardest_pairs_come_first(drawn):
    pairs, vectors = drawn
    vectors[3] = vectors[0]  # two names with one photo
    result = verification(pairs, vectors, threshold=0.6)
    row = result.hardest[1][0]
    assert {int(pairs.first[row]), int(pairs.second[row])} == {0, 3}
    assert result.scores["fmr"].value > 0
    assert all(pairs.same[row] for row in result.hardest[0])


def test_pairs_of_one_kind_are_refused(drawn):
    pairs, vectors = drawn
    with pytest.raises(DataError, match="no pairs of different people"):
        verification(all_pairs(pairs.photos[:3]), vectors[:3], 0.4)
    with pytest.raises(DataError, match="no pairs of one person"):
        verification(all_pairs(pairs.photos[::3]), vectors[::3], 0.4)
