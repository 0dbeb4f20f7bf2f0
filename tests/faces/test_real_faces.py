"""Real photographs: pairs of Labeled Faces in the Wild, and the people of ORL."""

import os
from pathlib import Path

import numpy as np
import pytest

from opsin.data import decode
from opsin.faces import REFERENCE, embed_photos, read_pairs, verification
from opsin.faces.pairs import Pairs

pytestmark = pytest.mark.slow


def folder(name):
    path = Path(os.environ.get("OPSIN_DATA", "")) / name
    if not os.environ.get("OPSIN_DATA") or not path.is_dir():
        pytest.skip(f"OPSIN_DATA has no {name}")
    return path


def test_pairs_of_labelled_faces_in_the_wild(recognizer):
    root = folder("lfw")
    pairs = read_pairs(root / "pairsDevTest.txt", root)
    rows = np.r_[0:60, len(pairs.first) - 60 : len(pairs.first)]
    used = sorted({*pairs.first[rows].tolist(), *pairs.second[rows].tolist()})
    place = {row: number for number, row in enumerate(used)}
    first, second = (np.array([place[row] for row in part[rows].tolist()]) for part in (pairs.first, pairs.second))
    some = Pairs(tuple(pairs.photos[row] for row in used), tuple(pairs.people[row] for row in used), first, second)
    result = verification(some, embed_photos(some, recognizer.find), REFERENCE.threshold(1e-3))
    assert result.lost == 0
    assert result.scores["accuracy"].value >= 0.95
    assert result.scores["fmr"].value <= 0.02


def test_people_of_orl_from_one_photo_each(recognizer):
    root = folder("orl_faces") / "orl_faces"
    people = [root / f"s{number}" for number in range(1, 13)]
    vectors = np.array(
        [
            [recognizer.find(decode((person / f"{n}.pgm").read_bytes()))[0].embedding for n in (1, 4, 10)]
            for person in people
        ]
    )
    for number in (1, 2):
        nearest = (vectors[:, number] @ vectors[:, 0].T).argmax(1)
        assert (nearest == np.arange(len(people))).mean() >= 11 / 12
