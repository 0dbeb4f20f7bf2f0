"""Doubtful enrolments, each kind drawn and found, and none in a good gallery."""

import numpy as np
import pytest

from opsin.faces import Gallery, Template, check


def unit(seed):
    vector = np.random.default_rng(seed).normal(size=128)
    return vector / np.linalg.norm(vector)


def photo(centre, number, share=0.25, **changes):
    vector = centre + share * unit(1000 + number)
    values = {
        "digest": f"{number:064}",
        "date": "2026-01-31",
        "vector": (vector / np.linalg.norm(vector)).astype(np.float32),
    }
    return Template(**(values | changes))


def gallery(**people):
    found = Gallery("n")
    for name, photos in people.items():
        found = found.enroll(name, "form", tuple(photos))
    return found


ADA, GRACE = unit(1), unit(2)


def kinds(found):
    return {(doubt.kind, doubt.name, doubt.other) for doubt in check(found)}


def test_a_good_gallery_has_no_doubts():
    assert check(gallery(ada=[photo(ADA, n) for n in range(3)], grace=[photo(GRACE, n) for n in range(3, 6)])) == []


def test_one_face_under_two_names():
    found = gallery(ada=[photo(ADA, 0), photo(ADA, 1)], augusta=[photo(ADA, 2), photo(ADA, 3)])
    assert ("one face under two names", "ada", "augusta") in kinds(found)


def test_one_file_under_two_names():
    found = gallery(ada=[photo(ADA, 0, digest="a" * 64)], grace=[photo(GRACE, 1, digest="a" * 64)])
    assert ("one file under two names", "grace", "ada") in kinds(found)


def test_a_photo_of_another_person():
    found = gallery(ada=[photo(ADA, 0), photo(ADA, 1), photo(GRACE, 2)], grace=[photo(GRACE, 3), photo(GRACE, 4)])
    assert ("nearer another person", "ada", "grace") in kinds(found)


def test_a_photo_of_nobody_else():
    found = gallery(ada=[photo(ADA, 0), photo(ADA, 1), photo(unit(5), 2)], grace=[photo(-unit(5), 3)])
    assert ("unlike the other photos", "ada", "") in kinds(found)


def test_near_duplicates():
    found = gallery(ada=[photo(ADA, 0, 0.01), photo(ADA, 1, 0.01)], grace=[photo(GRACE, 2)])
    assert [doubt.kind for doubt in check(found)] == ["near-duplicate"]


@pytest.mark.parametrize("problem", ["small", "blurred", "profile", "several faces"])
def test_the_quality_of_a_photo(problem):
    assert kinds(gallery(ada=[photo(ADA, 0, problems=(problem,))])) == {(problem, "ada", "")}
