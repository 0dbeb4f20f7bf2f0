"""Grouping without names."""

import numpy as np
import pytest

from opsin.core import DataError
from opsin.faces import cluster, clustering
from opsin.metrics.verification import b_cubed


def test_people_are_separated():
    pytest.importorskip("scipy")
    generator = np.random.default_rng(0)
    people = np.repeat(np.arange(8), np.arange(1, 9))
    centres = generator.normal(size=(8, 128))
    vectors = centres[people] + generator.normal(0, 0.2, (len(people), 128))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    order = generator.permutation(len(people))
    groups = cluster(vectors[order])
    assert b_cubed(people[order], groups)[2] == 1
    assert (np.bincount(groups) == np.arange(8, 0, -1)).all()  # the largest group first


def test_few_faces_are_one_group_each():
    assert cluster(np.zeros((0, 128), np.float32)).tolist() == []
    assert cluster(np.eye(128, dtype=np.float32)[:1]).tolist() == [0]


def test_the_number_of_faces_is_bounded(monkeypatch):
    monkeypatch.setattr(clustering, "MAX_FACES", 3)
    with pytest.raises(DataError, match="too many to group"):
        cluster(np.eye(128, dtype=np.float32)[:4])
