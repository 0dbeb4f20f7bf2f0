"""People of a gallery."""

import numpy as np
import pytest

from opsin.core import DataError
from opsin.faces import Gallery, Template
from opsin.faces.gallery import distances


def template(seed, digest="d"):
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return Template(digest, "2026-01-31", vector / np.linalg.norm(vector))


def test_a_photo_is_enrolled_once():
    gallery = Gallery("n").enroll("ada", "form", (template(0, "a"), template(1, "b")))
    gallery = gallery.enroll("ada", "form", (template(1, "b"), template(2, "c")))
    assert [photo.digest for _, photo in gallery.templates()] == ["a", "b", "c"]
    assert gallery.vectors.shape == (1, 128)


def test_a_person_is_the_mean_of_the_photos():
    photos = template(0, "a"), template(1, "b")
    mean = (photos[0].vector + photos[1].vector) / 2
    gallery = Gallery("n").enroll("ada", "form", photos)
    assert gallery.vectors[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_names_are_bounded(name):
    with pytest.raises(DataError, match="is not valid"):
        Gallery("n").enroll(name, "form", (template(0),))


def test_nobody_is_enrolled_without_a_photo():
    with pytest.raises(DataError, match="no photo with a usable face"):
        Gallery("n").enroll("ada", "form", ())


def test_a_name_that_is_not_there_cannot_be_forgotten():
    with pytest.raises(DataError, match="nobody named 'grace'"):
        Gallery("n").enroll("ada", "form", (template(0),)).forget("grace")


def test_distances_equal_the_norm_of_the_difference():
    first, second = (np.array([template(seed).vector for seed in seeds]) for seeds in (range(3), range(3, 8)))
    wanted = np.linalg.norm(first[:, None] - second[None], axis=2)
    assert distances(first, second) == pytest.approx(wanted, abs=1e-6)
    assert distances(first, first).diagonal() == pytest.approx(np.zeros(3), abs=1e-3)
