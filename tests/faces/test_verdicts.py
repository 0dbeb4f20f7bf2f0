"""Verdicts on pairs and on the faces of one photo."""

import numpy as np
import pytest

from opsin.faces import REFERENCE, FoundFace, Gallery, Template, search, verify
from opsin.faces.verdicts import judge


def face(vector):
    landmarks = np.array([[70.0, 20], [60, 20], [20, 20], [30, 20], [45, 50]])
    return FoundFace(np.array([0.0, 0, 90, 90]), 1.0, landmarks, 20.0, vector)


def unit(seed):
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return vector / np.linalg.norm(vector)


def near(vector, distance):
    """A vector of length 1 at a distance from another."""
    other = unit(99) - unit(99) @ vector * vector
    cosine = 1 - distance**2 / 2
    return (cosine * vector + np.sqrt(1 - cosine**2) * other / np.linalg.norm(other)).astype(np.float32)


@pytest.fixture
def gallery():
    gallery = Gallery("n")
    for seed, name in enumerate(("ada", "grace")):
        gallery = gallery.enroll(name, "form", (Template(name, "2026-01-31", unit(seed)),))
    return gallery


@pytest.mark.parametrize(("distance", "decision"), [(0.1, "same"), (0.37, "same"), (0.4, "unsure"), (0.6, "different")])
def test_the_distance_decides(distance, decision):
    verdict = verify(face(unit(0)), face(near(unit(0), distance)), REFERENCE, 1e-3)
    assert verdict.decision == decision
    assert verdict.distance == pytest.approx(distance, abs=1e-3)
    assert verdict.low <= verdict.false_match_rate <= verdict.high


def test_without_a_face_there_is_no_yes():
    for pair in ((None, face(unit(0))), (face(unit(0)), None), (None, None)):
        verdict = verify(*pair, REFERENCE, 1e-3)
        assert verdict.decision == "no usable face"
        assert verdict.distance is None


def test_a_name_is_given_once_in_a_photo(gallery):
    faces = [face(near(unit(0), 0.3)), face(near(unit(0), 0.2)), face(near(unit(1), 0.1))]
    found = search(gallery, faces)
    assert [(verdict.decision, verdict.name) for verdict in found[1:]] == [("same", "ada"), ("same", "grace")]
    assert found[0].decision != "same"


def test_a_stranger_has_no_name(gallery):
    (verdict,) = search(gallery, [face(unit(7))])
    assert verdict.decision == "different"
    assert search(Gallery("n"), [face(unit(7))])[0].decision == "different"


def test_expected_false_alarms_grow_with_the_gallery():
    one, many = (judge(0.3, REFERENCE, 1e-3, compared=count) for count in (1, 400))
    assert one.expected_false_alarms == pytest.approx(1e-3)
    assert many.expected_false_alarms == pytest.approx(0.4)
